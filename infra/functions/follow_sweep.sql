-- A closed sweep keeps what its cells came to: one that goes on takes over what happened to its trials meanwhile.
create or replace function follow_sweep() returns trigger language plpgsql as $$
begin
  insert into cell_states (sweep, trial_state, activity, state)
  select new.name, of.trial_state, of.activity,
    case
      when of.trial_state <> 'planned' then of.trial_state
      when new.state in ('paused', 'cancelled') then new.state
      when of.activity = 'own' then 'running'
      when of.activity = 'shared' then 'waiting'
      else 'planned'
    end
  from (values
    ('planned', 'none'), ('planned', 'shared'), ('planned', 'own'), ('finished', 'none'), ('failed', 'none'), ('stopped_early', 'none')
  ) of (trial_state, activity)
  -- rows that stay as they are get locked too, and follow_trial waits for them
  on conflict (sweep, trial_state, activity) do update set state = excluded.state where cell_states.state <> excluded.state;
  if tg_op = 'UPDATE' and old.state in ('finished', 'cancelled') and new.state not in ('finished', 'cancelled') then
    update sweep_trials st
    set state = t.state,
      closed_at = t.closed_at,
      (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) =
        (t.accuracy, t.chance, t.items, t.split, t.final_loss, t.steps, t.total_steps, t.attempts, t.gpu_seconds)
    from trials t
    where st.sweep_id = new.sweep_id and t.trial_id = st.trial_id
      and (st.state <> t.state or st.closed_at is distinct from t.closed_at);
  end if;
  return null;
end
$$;

comment on function follow_sweep() is 'Writes what the cells of a sweep are called in its new state.';

create or replace trigger sweeps_changed after insert or update of state on sweeps for each row execute function follow_sweep();
