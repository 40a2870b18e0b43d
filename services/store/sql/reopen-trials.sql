-- The reason of the failure stays until the trial ends again: closed sweeps go on showing it.
with again as (
  update trials set state = 'planned', closed_at = null, attempts = null
  where trial_id = any ($2::bigint[])
  returning trial_id
)
select st.cell, again.trial_id
from again join sweep_trials st on st.trial_id = again.trial_id and st.sweep_id = $1::integer
