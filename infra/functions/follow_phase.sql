create or replace function follow_phase() returns trigger language plpgsql as $$
begin
  update sweep_phases set state = new.state where phase_id = new.phase_id;
  return null;
end
$$;

comment on function follow_phase() is 'Writes the new state of a phase to where its sweeps list it.';

create or replace trigger phases_listed after update on phases for each row when (old.state is distinct from new.state) execute function follow_phase();
