with piece as (
  select cell from sweep_trials where sweep_id = $1::integer order by cell limit $2::integer
)
delete from sweep_trials st using piece
where st.sweep_id = $1::integer and st.cell = piece.cell
returning st.trial_id
