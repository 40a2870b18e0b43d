insert into artifact_garbage (uri)
select distinct uri from checkpoints where phase_id = any ($1::bigint[])
on conflict (uri) do nothing
