update nodes
set quarantined_at = null, quarantine_until = null, quarantine_reason = null, trusted_at = clock_timestamp()
where name = $1::text and quarantined_at is not null
returning name
