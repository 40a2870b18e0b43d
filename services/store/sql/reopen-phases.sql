with again as (
  select p.phase_id
  from phases p
  where p.state = 'failed'
    and exists (select from trial_phases tp where tp.phase_id = p.phase_id and tp.trial_id = any ($1::bigint[]))
  order by p.phase_id
  for no key update
)
update phases p set state = 'planned', failure = null, message = null, closed_at = null
from again where p.phase_id = again.phase_id
returning p.phase_id
