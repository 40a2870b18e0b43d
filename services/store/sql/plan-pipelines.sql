-- A trial keeps the pipeline that it was planned with first.
insert into trial_phases (trial_id, position, phase_id)
select t.trial_id, w.position, p.phase_id
from unnest($1::text[], $2::smallint[], $3::text[]) as w(trial_key, position, phase_key)
join trials t on t.trial_key = w.trial_key
join phases p on p.phase_key = w.phase_key
where not exists (select from trial_phases had where had.trial_id = t.trial_id)
on conflict (trial_id, position) do nothing
