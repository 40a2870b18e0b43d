-- How well training uses its devices: a number of every segment, beside what it cost. No metric row, because those never depend on time.

alter table gpu_seconds add column mfu double precision;
comment on column gpu_seconds.mfu is 'Model FLOPs utilisation, 0 to 1: operations of the matrix products over seconds and the rate of matrix products measured on the device; null where nothing was trained.';

create or replace view study.gpu_hours as
select
  ph.sweep,
  ph.kind,
  ph.system,
  count(*)::integer as phases,
  sum(cost.seconds) / 3600 as gpu_hours,
  sum(cost.superseded_seconds) / 3600 as superseded_gpu_hours,
  sum(cost.tokens)::bigint as tokens,
  sum(cost.mfu_seconds) / nullif(sum(cost.training_seconds), 0) as mfu
from (
  select
    s.name as sweep,
    tp.phase_id,
    p.kind,
    case when min(t.system) = max(t.system) then min(t.system) end as system
  from sweep_trials st
  join sweeps s on s.sweep_id = st.sweep_id
  join trials t on t.trial_id = st.trial_id
  join trial_phases tp on tp.trial_id = t.trial_id
  join phases p on p.phase_id = tp.phase_id
  group by s.name, tp.phase_id, p.kind
) ph
cross join lateral (
  select
    coalesce(sum(g.seconds) filter (where g.superseded_by is null), 0) as seconds,
    coalesce(sum(g.seconds) filter (where g.superseded_by is not null), 0) as superseded_seconds,
    coalesce(sum(g.tokens) filter (where g.superseded_by is null), 0) as tokens,
    sum(g.mfu * g.seconds) as mfu_seconds,
    sum(g.seconds) filter (where g.mfu is not null) as training_seconds
  from gpu_seconds g
  where g.phase_id = ph.phase_id
) cost
group by ph.sweep, ph.kind, ph.system;
comment on column study.gpu_hours.mfu is 'Model FLOPs utilisation of all training, work done again included, 0 to 1, weighted by time; null where nothing was trained.';
