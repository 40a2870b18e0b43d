create or replace function notify_phase() returns trigger language plpgsql as $$
begin
  perform pg_notify('lsweep_phase', new.phase_key);
  return null;
end
$$;

comment on function notify_phase() is 'Tells listeners on channel lsweep_phase the key of a phase whose claim or state has changed.';

create or replace trigger phases_changed after update on phases for each row
  when (old.state is distinct from new.state
    or old.fence is distinct from new.fence
    or old.owner_workflow_id is distinct from new.owner_workflow_id
    or old.owner_run_id is distinct from new.owner_run_id)
  execute function notify_phase();
