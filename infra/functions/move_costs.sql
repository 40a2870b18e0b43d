create or replace function move_costs() returns trigger language plpgsql as $$
begin
  update phase_costs c
  set seconds = s.seconds, superseded_seconds = s.superseded_seconds, tokens = s.tokens
  from (select distinct phase_id from changed) x cross join lateral phase_cost(x.phase_id) s
  where c.phase_id = x.phase_id;
  return null;
end
$$;

comment on function move_costs() is 'Adds up anew what phases cost whose segments were superseded; subtracting would leave rounding errors.';

create or replace trigger gpu_seconds_superseded after update on gpu_seconds
  referencing new table as changed for each statement execute function move_costs();
