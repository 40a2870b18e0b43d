-- A result is never overwritten by a failure that another sweep saw earlier. What it came to is written with it, so that reading 100,000 closed
-- trials does not look at their phases.
update trials
set state = $2::text, failure = $3::text, message = $4::text, closed_at = clock_timestamp(),
  (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) = (select o.* from trial_outcome($1::bigint) o)
where trial_id = $1::bigint and (state = 'planned' or (state = 'failed' and $2::text = 'finished'))
