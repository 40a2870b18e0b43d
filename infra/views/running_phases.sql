-- Two rows of a phase are looked at, however many trials share it.
create or replace view running_phases as
select ph.phase_id, (select count(*) from (select from trial_phases tp where tp.phase_id = ph.phase_id limit 2) few) = 1 as is_own
from phases ph
where ph.state = 'running';

comment on view running_phases is 'Phases with an open attempt.';
comment on column running_phases.phase_id is 'The phase.';
comment on column running_phases.is_own is 'Whether one trial alone needs it.';
