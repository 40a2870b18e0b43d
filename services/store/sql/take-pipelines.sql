-- Of trials that no sweep has any more. Answers the phases that they had.
delete from trial_phases tp
where tp.trial_id = any ($1::bigint[]) and not exists (select from sweep_trials st where st.trial_id = tp.trial_id)
returning tp.phase_id
