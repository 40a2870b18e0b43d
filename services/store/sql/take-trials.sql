delete from trials t
where t.trial_id = any ($1::bigint[]) and not exists (select from sweep_trials st where st.trial_id = t.trial_id)
