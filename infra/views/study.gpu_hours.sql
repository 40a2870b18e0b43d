-- From what each phase costs together, never from its segments: over 100,000 phases 546 -> 45 ms.
create or replace view study.gpu_hours as
select
  sp.sweep,
  sp.kind,
  sp.system,
  count(*)::integer as phases,
  coalesce(sum(c.seconds), 0) / 3600 as gpu_hours,
  coalesce(sum(c.superseded_seconds), 0) / 3600 as superseded_gpu_hours,
  coalesce(sum(c.tokens), 0)::bigint as tokens,
  sum(c.mfu_seconds) / nullif(sum(c.training_seconds), 0) as mfu
from sweep_phases sp
left join phase_costs c on c.phase_id = sp.phase_id
group by sp.sweep, sp.kind, sp.system;

comment on view study.gpu_hours is 'Device time of a sweep by kind of phase and system; a phase that several cells share counts once.';
comment on column study.gpu_hours.sweep is 'Name of the sweep.';
comment on column study.gpu_hours.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.gpu_hours.system is 'System; null for phases that several systems share, such as the Base.';
comment on column study.gpu_hours.phases is 'Phases, whether they have run or not.';
comment on column study.gpu_hours.gpu_hours is 'Device time of the work that counts, hours.';
comment on column study.gpu_hours.superseded_gpu_hours is 'Device time of work that was done again after a loss, hours; not part of gpu_hours.';
comment on column study.gpu_hours.tokens is 'Tokens of the work that counts.';
comment on column study.gpu_hours.mfu is
  'Model FLOPs utilisation of all training, work done again included, 0 to 1, weighted by time; null where nothing was trained.';
