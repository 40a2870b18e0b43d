-- Cells of a closed sweep only ever take a later end of their trial; one that was open when its sweep was cancelled takes none.
create or replace function follow_trial() returns trigger language plpgsql as $$
begin
  -- in a statement of its own: the next one then sees what was waited for
  perform from cell_states c
  where c.trial_state = 'planned' and c.sweep in (select st.sweep from sweep_trials st where st.trial_id = new.trial_id)
  order by c.sweep, c.activity
  for share;
  update sweep_trials st
  set state = new.state,
    closed_at = new.closed_at,
    (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) =
      (new.accuracy, new.chance, new.items, new.split, new.final_loss, new.steps, new.total_steps, new.attempts, new.gpu_seconds)
  from sweeps s
  where st.trial_id = new.trial_id and s.sweep_id = st.sweep_id
    and not (s.state in ('finished', 'cancelled') and new.state = 'planned')
    and not (s.state = 'cancelled' and st.state = 'planned');
  return null;
end
$$;

comment on function follow_trial() is
  'Writes the new state of a trial, and what it came to, to its cells; closed sweeps take ends only, and what was cancelled stays.';

create or replace trigger trials_changed after update on trials for each row
  when (old.state is distinct from new.state or old.closed_at is distinct from new.closed_at)
  execute function follow_trial();
