-- A sweep with an open cell is not finished: failed trials were opened again while it was being closed.
update sweeps s set state = $2::text, state_at = now()
where s.sweep_id = $1::integer and s.state <> $2::text
  and not ($2::text = 'finished' and exists (select from sweep_trials st where st.sweep_id = s.sweep_id and st.state = 'planned'))
