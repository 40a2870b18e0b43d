insert into decisions (phase_id, kind, reason)
select phase_id, 'asked_again', 'tried again on request; its earlier failures no longer count'
from unnest($1::bigint[]) as again(phase_id)
