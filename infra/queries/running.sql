-- question: What runs now, where, and how fast?
-- units: optimizer steps; loss_nats nats per target of the last step; tokens per second
-- caveat: A phase that several cells share is listed once for each of its sweeps.
select sweep, cells, kind, system, latents, seed, node, slot, device, attempt, step, total_steps, loss_nats, tokens_per_second, started_at
from study.running
order by sweep, cells, kind
