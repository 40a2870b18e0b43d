-- The beginning of questions about what goes with a sweep: trials that no other sweep has, and phases that no other trial has.
with own as (
  select st.trial_id from sweep_trials st
  where st.sweep_id = $1::integer
    and not exists (select from sweep_trials other where other.trial_id = st.trial_id and other.sweep_id <> $1::integer)
),
own_phases as (
  select distinct tp.phase_id from trial_phases tp join own using (trial_id)
  where not exists (
    select from trial_phases other where other.phase_id = tp.phase_id and other.trial_id not in (select trial_id from own)
  )
)
