-- question: Are the latents used: what does accuracy do when they are changed?
-- units: accuracy 0 to 1; change: accuracy with the intervention less the intact one
-- caveat: Only cells whose analyse phase ran the causal tests; means over seeds.
-- param sweep text: Name of the sweep.
with test as (
  select task, system, latents, channel, label, seed, avg(value) as value
  from study.analyses
  where sweep = :sweep and analysis = 'causal_accuracy'
  group by task, system, latents, channel, label, seed
)
select t.task, t.system, t.latents, t.channel, t.label as intervention, count(*)::integer as seeds, avg(t.value) as accuracy,
  avg(t.value - intact.value) as change
from test t
left join test intact on intact.label = 'intact' and intact.task = t.task and intact.system = t.system and intact.latents = t.latents
  and intact.channel is not distinct from t.channel and intact.seed = t.seed
group by t.task, t.system, t.latents, t.channel, t.label
order by t.task, t.system, t.latents, t.channel, t.label <> 'intact', t.label
