create or replace function add_phases() returns trigger language plpgsql as $$
begin
  -- who changes the state of one meanwhile waits, and then finds the row
  perform from phases p
  where p.phase_id in (select tp.phase_id from added a join trial_phases tp on tp.trial_id = a.trial_id)
  order by p.phase_id
  for share;
  insert into sweep_phases as had (sweep, phase_id, kind, system, state)
  select a.sweep, p.phase_id, p.kind, case when min(a.system) = max(a.system) then min(a.system) end, p.state
  from added a
  join trial_phases tp on tp.trial_id = a.trial_id
  join phases p on p.phase_id = tp.phase_id
  group by a.sweep, p.phase_id
  order by a.sweep, p.phase_id
  on conflict (sweep, phase_id) do update set system = null
  where had.system is distinct from excluded.system and had.system is not null;
  return null;
end
$$;

comment on function add_phases() is 'Adds the phases of new cells to those of their sweep; a trial has its pipeline before it has cells.';

create or replace trigger sweep_trials_phases after insert on sweep_trials
  referencing new table as added for each statement execute function add_phases();
