select name, quarantine_reason as reason, quarantines,
  extract(epoch from quarantine_until - clock_timestamp())::double precision * 1000 as canary_in_ms
from nodes where name = any ($1::text[]) and quarantined_at is not null
