-- question: What does each node do, and how fast is it?
-- units: tokens per second of device time, over what the node trained for the sweep; hours of device time
-- caveat: Kinds of phases differ in tokens per second: compare nodes within a kind.
-- param sweep text: Name of the sweep.
with segment as (
  select distinct phase_key, attempt, seq, node, device, kind, seconds, tokens, superseded_by
  from study.segments
  where sweep = :sweep
)
select node, device, kind, count(distinct phase_key)::integer as phases, sum(seconds) / 3600 as gpu_hours,
  sum(tokens) / nullif(sum(seconds), 0) as tokens_per_second,
  sum(seconds) filter (where superseded_by is not null) / 3600 as superseded_gpu_hours
from segment
group by node, device, kind
order by node, device, kind
