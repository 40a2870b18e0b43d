-- Open is what next-open-range.sql asks for too: the trial's state, which the copy beside the cell follows (0018-open-cells.sql).
select st.cell, t.trial_id, t.trial_key, t.state, p.phase_id, p.phase_key, p.kind, p.state as phase_state, p.parent_key
from sweep_trials st
join trials t on t.trial_id = st.trial_id
left join trial_phases tp on tp.trial_id = t.trial_id
left join phases p on p.phase_id = tp.phase_id
where st.sweep_id = $1::integer and st.cell >= $2::integer and st.cell < $3::integer
  and st.state = 'planned' and t.state = 'planned'
order by st.cell, tp.position
