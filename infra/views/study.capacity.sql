create or replace view study.capacity as
select
  a.sweep,
  a.task,
  a.split,
  a.system,
  a.latents,
  a.channel,
  a.capacity_floats_per_latent,
  a.latents * a.capacity_floats_per_latent as capacity_floats,
  a.point,
  a.seeds,
  a.items,
  a.accuracy,
  a.accuracy_sd,
  a.accuracy - a.chance as above_chance
from study.accuracy a
where a.latents > 0 and a.capacity_floats_per_latent is not null;

comment on view study.capacity is
  'Accuracy over the seeds against the width of the channel: one row per point of the grid with a channel or soft tokens.';
comment on column study.capacity.sweep is 'Name of the sweep.';
comment on column study.capacity.task is 'Task.';
comment on column study.capacity.split is 'Split evaluated.';
comment on column study.capacity.system is 'System of the study.';
comment on column study.capacity.latents is 'Latent budget N_L.';
comment on column study.capacity.channel is 'What is exchanged per latent.';
comment on column study.capacity.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.capacity.capacity_floats is 'Floats exchanged by all latents.';
comment on column study.capacity.point is 'Axis values by dotted path, without the seed.';
comment on column study.capacity.seeds is 'Finished seeds.';
comment on column study.capacity.items is 'Items evaluated over all seeds.';
comment on column study.capacity.accuracy is 'Mean accuracy, 0 to 1.';
comment on column study.capacity.accuracy_sd is 'Sample standard deviation over seeds; null with one seed.';
comment on column study.capacity.above_chance is 'Mean accuracy less that of guessing.';
