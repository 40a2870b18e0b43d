-- Accuracy over finished cells only, and only theirs is looked up: a condition on the accuracy itself may be evaluated before the one on the
-- state, and for an open cell that means looking at its phases (4.4 s over 100,000 open cells). Cells without an evaluation have no split and
-- are groups of their own, so counting what was evaluated leaves them out as before.
create or replace view study.accuracy as
select
  c.sweep,
  c.task,
  c.system,
  c.latents,
  c.channel,
  c.capacity_floats_per_latent,
  c.point - 'seed' as point,
  c.split,
  count(c.accuracy)::integer as seeds,
  avg(c.accuracy) as accuracy,
  stddev_samp(c.accuracy) as accuracy_sd,
  min(c.accuracy) as accuracy_min,
  max(c.accuracy) as accuracy_max,
  avg(c.chance) as chance,
  sum(c.items)::integer as items,
  avg(c.final_loss) as final_loss
from study.cells c
where c.state = 'finished'
group by c.sweep, c.task, c.system, c.latents, c.channel, c.capacity_floats_per_latent, c.point - 'seed', c.split
having count(c.accuracy) > 0;
