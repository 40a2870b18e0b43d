-- $2: first wait in ms, doubled by every earlier quarantine, at most $3. $4: only when it is in quarantine already (a canary failed), or only
-- when it is not; so that two replicas with the same evidence decide once.
update nodes
set quarantined_at = clock_timestamp(), quarantine_reason = $5::text,
  quarantine_until = clock_timestamp() + least(
    $2::double precision * power(2, least(case when quarantined_at is null and trusted_at < now() - interval '1 hour' then 0 else quarantines end, 20)),
    $3::double precision
  ) * interval '1 millisecond',
  quarantines = case when quarantined_at is null and trusted_at < now() - interval '1 hour' then 0 else quarantines end + 1
where name = $1::text and (quarantined_at is not null) = $4::boolean
returning extract(epoch from quarantine_until - clock_timestamp())::double precision * 1000 as canary_in_ms
