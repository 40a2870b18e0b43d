-- A cell stays open only while its trial is. Whoever closed a trial read the state of its sweeps unlocked, and whoever started a cancelled sweep
-- again read the states of its trials: two that did so at the same moment missed each other, and the cell stayed open for good. Now the one
-- waits for the other at the rows that say what the cells of a sweep are called, which every start and cancellation changes.

create or replace function follow_trial() returns trigger language plpgsql as $$
begin
  -- in a statement of its own: the next one then sees what was waited for
  perform from cell_states c
  where c.trial_state = 'planned' and c.sweep in (select st.sweep from sweep_trials st where st.trial_id = new.trial_id)
  order by c.sweep, c.running
  for share;
  update sweep_trials st
  set state = case when s.state = 'cancelled' then st.state else new.state end,
    closed_at = new.closed_at,
    (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) =
      (new.accuracy, new.chance, new.items, new.split, new.final_loss, new.steps, new.total_steps, new.attempts, new.gpu_seconds)
  from sweeps s
  where st.trial_id = new.trial_id and s.sweep_id = st.sweep_id;
  return null;
end
$$;

-- cells that were missed so before
update sweep_trials st set state = t.state
from trials t, sweeps s
where t.trial_id = st.trial_id and s.sweep_id = st.sweep_id and s.state <> 'cancelled' and st.state <> t.state;
