-- Idempotency key: the trial key.
insert into trials (trial_key, settings, system, task, latents, channel, capacity_floats_per_latent, seed)
select * from unnest($1::text[], $2::jsonb[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::double precision[], $8::bigint[])
on conflict (trial_key) do nothing
