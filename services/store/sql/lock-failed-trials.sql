select t.trial_id
from sweep_trials st join trials t on t.trial_id = st.trial_id
where st.sweep_id = $1::integer and t.state = 'failed'
order by t.trial_id
for no key update of t
