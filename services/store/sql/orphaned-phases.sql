-- Of these phases, those that no trial has any more, locked; and whether one still runs.
select p.phase_id, exists (select from attempts a where a.phase_id = p.phase_id and a.state = 'open') as running
from phases p
where p.phase_id = any ($1::bigint[]) and not exists (select from trial_phases tp where tp.phase_id = p.phase_id)
order by p.phase_id
for update of p
