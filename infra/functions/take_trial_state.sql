create or replace function take_trial_state() returns trigger language plpgsql as $$
begin
  -- whoever closes the trial meanwhile waits, and then finds the cell
  select s.name, t.state, t.closed_at, t.system, t.task, t.latents, t.channel, t.capacity_floats_per_latent, t.seed,
    t.accuracy, t.chance, t.items, t.split, t.final_loss, t.steps, t.total_steps, t.attempts, t.gpu_seconds
  into new.sweep, new.state, new.closed_at, new.system, new.task, new.latents, new.channel, new.capacity_floats_per_latent, new.seed,
    new.accuracy, new.chance, new.items, new.split, new.final_loss, new.steps, new.total_steps, new.attempts, new.gpu_seconds
  from trials t, sweeps s
  where t.trial_id = new.trial_id and s.sweep_id = new.sweep_id
  for share of t;
  return new;
end
$$;

comment on function take_trial_state() is
  'A new cell may be of a trial that another sweep has closed; what its sweep and its trial are is written beside it.';

create or replace trigger sweep_trials_added before insert on sweep_trials for each row execute function take_trial_state();
