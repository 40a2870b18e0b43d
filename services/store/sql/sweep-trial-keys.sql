select t.trial_key
from sweep_trials st join trials t on t.trial_id = st.trial_id
where st.sweep_id = $1::integer
