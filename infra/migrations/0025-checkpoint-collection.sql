-- Checkpoints that nothing needs any more go, their rows first. What a file was is remembered until it is gone, so that one that a running
-- attempt may be writing again is left alone; and a store knows whose rows name its files.

alter table artifact_garbage add column phase_key text, add column step integer;
update artifact_garbage
set phase_key = substring(uri from '^checkpoints/([0-9a-f]{32})/'), step = substring(uri from '^checkpoints/[0-9a-f]{32}/(\d{1,9})-')::integer;
comment on table artifact_garbage is 'Files of the artifact store whose rows are deleted and that are still to be removed. Written in the transaction that deletes the rows, so that no crash leaves a file behind for ever.';
comment on column artifact_garbage.phase_key is 'Key of the phase that wrote it; the phase may be gone.';
comment on column artifact_garbage.step is 'Step that it was taken after.';
comment on table checkpoints is 'Checkpoints in the artifact store; uploaded before they are written here. The newest two of a phase stay, of a finished one the last.';

create table installation (
  installation_id uuid primary key default gen_random_uuid()
);
comment on table installation is 'One row: what this database is, to whoever shares something with it.';
comment on column installation.installation_id is 'Written into the artifact store that belongs to this database; no other one has files removed there.';
insert into installation default values;
