select
  count(*) filter (where t.state in ('finished', 'stopped_early')) as finished,
  count(*) filter (where t.state = 'failed') as failed,
  count(*) filter (where t.state = 'planned') as open
from sweep_trials st join trials t on t.trial_id = st.trial_id
where st.sweep_id = $1::integer
