-- What goes with the sweep: trials that no other sweep has, and phases that no other trial has.
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
select
  (select count(*) from sweep_trials where sweep_id = $1::integer) as cells,
  (select count(*) from own) as trials,
  (select count(*) from own_phases) as phases,
  (select count(distinct c.uri) from checkpoints c join own_phases using (phase_id)) as files,
  (select coalesce(sum(c.bytes), 0) from (select distinct on (uri) bytes from checkpoints join own_phases using (phase_id)) c)::double precision as bytes,
  (select count(*) from attempts a join own_phases using (phase_id) where a.state = 'open') as open_attempts
