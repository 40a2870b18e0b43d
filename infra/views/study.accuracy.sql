-- Grouped by 16 bytes from an index instead of by documents from the table; one cell of each group then says what its point is.
-- Over 100,000 finished cells, idle, median: 96 -> 31 ms.
create or replace view study.accuracy as
select
  g.sweep,
  g.task,
  g.system,
  g.latents,
  g.channel,
  g.capacity_floats_per_latent,
  shown_point(st.point, st.latents) - 'seed' as point,
  g.split,
  g.seeds,
  g.accuracy,
  g.accuracy_sd,
  g.accuracy_min,
  g.accuracy_max,
  g.chance,
  g.items,
  g.final_loss,
  greatest(around.centre - around.half, 0) as accuracy_low,
  least(around.centre + around.half, 1) as accuracy_high
from (
  select
    sweep, task, system, latents, channel, capacity_floats_per_latent, setting, split,
    min(cell) as cell,
    count(*)::integer as seeds,
    avg(accuracy) as accuracy,
    stddev_samp(accuracy) as accuracy_sd,
    min(accuracy) as accuracy_min,
    max(accuracy) as accuracy_max,
    avg(chance) as chance,
    sum(items)::integer as items,
    avg(final_loss) as final_loss
  from sweep_trials
  where state = 'finished' and accuracy is not null
  group by sweep, task, system, latents, channel, capacity_floats_per_latent, setting, split
) g
join sweep_trials st on st.sweep = g.sweep and st.cell = g.cell
-- Agresti and Coull's interval for the questions, which are the same for every seed, with the variance of the mean over seeds added to it.
cross join lateral (select g.items::double precision / g.seeds + 4 as n) q
cross join lateral (select (g.accuracy * (q.n - 4) + 2) / q.n as centre) c
cross join lateral (
  select c.centre, 1.96 * sqrt(c.centre * (1 - c.centre) / q.n + coalesce(g.accuracy_sd ^ 2 / g.seeds, 0)) as half
) around;

comment on view study.accuracy is 'Accuracy over the seeds of each point of the grid, finished cells only; read it against chance.';
comment on column study.accuracy.sweep is 'Name of the sweep.';
comment on column study.accuracy.task is 'Task.';
comment on column study.accuracy.system is 'System of the study.';
comment on column study.accuracy.latents is 'Latent budget N_L.';
comment on column study.accuracy.channel is 'What is exchanged per latent.';
comment on column study.accuracy.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.accuracy.point is 'Axis values by dotted path, without the seed.';
comment on column study.accuracy.split is 'Split evaluated.';
comment on column study.accuracy.seeds is 'Finished seeds.';
comment on column study.accuracy.accuracy is 'Mean accuracy, 0 to 1.';
comment on column study.accuracy.accuracy_sd is 'Sample standard deviation over seeds; null with one seed.';
comment on column study.accuracy.accuracy_min is 'Worst seed.';
comment on column study.accuracy.accuracy_max is 'Best seed.';
comment on column study.accuracy.chance is 'Accuracy of guessing, 0 to 1.';
comment on column study.accuracy.items is 'Items evaluated over all seeds.';
comment on column study.accuracy.final_loss is 'Mean of the final training losses, nats per target.';
comment on column study.accuracy.accuracy_low is
  'Lower end of a 95 % interval of the mean: questions (Agresti and Coull, each counted once however many seeds answered it) and the scatter of seeds added up. For one point; two systems on the same questions are compared by study.pairs.';
comment on column study.accuracy.accuracy_high is 'Upper end of it.';
