-- By kind and system: what one phase took on average (those that are finished), times what is still to do. A phase that runs counts with the
-- share of its steps that is left.
create or replace view study.time_left as
select
  open.sweep,
  open.kind,
  open.system,
  open.phases_left,
  open.phases_worth,
  took.finished_phases,
  took.mean_seconds as mean_gpu_seconds,
  open.phases_worth * took.mean_seconds / 3600 as gpu_hours_left,
  slots.busy as busy_slots
from (
  select
    sp.sweep, sp.kind, sp.system,
    count(*)::integer as phases_left,
    sum(1 - coalesce(greatest(a.step, live.step), 0)::double precision / greatest(p.total_steps, 1)) as phases_worth
  from sweep_phases sp
  join phases p on p.phase_id = sp.phase_id
  left join attempts a on a.phase_id = p.phase_id and a.attempt = p.attempt
  left join attempt_progress live on live.phase_id = a.phase_id and live.attempt = a.attempt and a.state = 'open'
  where sp.state in ('planned', 'running')
    and exists (
      select from trial_phases tp join sweep_trials st on st.trial_id = tp.trial_id
      where tp.phase_id = sp.phase_id and st.sweep = sp.sweep and st.state = 'planned'
    )
    and (select s.state from sweeps s where s.name = sp.sweep) not in ('finished', 'cancelled')
  group by sp.sweep, sp.kind, sp.system
) open
left join lateral (
  select count(*)::integer as finished_phases, avg(c.seconds + c.superseded_seconds) as mean_seconds
  from sweep_phases done
  join phase_costs c on c.phase_id = done.phase_id
  where done.sweep = open.sweep and done.kind = open.kind and done.system is not distinct from open.system and done.state = 'finished'
) took on true
cross join lateral (
  select count(*)::integer as busy
  from attempts a
  join sweep_phases sp on sp.phase_id = a.phase_id
  where a.state = 'open' and sp.sweep = open.sweep
) slots;

comment on view study.time_left is
  'What an open sweep still has to do, by kind of phase and system. Hours on the clock: the sum of gpu_hours_left over busy_slots, while as many slots work for it.';
comment on column study.time_left.sweep is 'Name of the sweep.';
comment on column study.time_left.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.time_left.system is 'System; null for phases that several systems share, such as the Base.';
comment on column study.time_left.phases_left is 'Phases that are planned or run.';
comment on column study.time_left.phases_worth is 'The same in whole phases: one that is half done counts 0.5.';
comment on column study.time_left.finished_phases is 'Phases of this kind and system that are finished: what the estimate is made from.';
comment on column study.time_left.mean_gpu_seconds is 'Their mean device time, seconds; null before the first.';
comment on column study.time_left.gpu_hours_left is 'Estimated device time, hours; null before the first of its kind is finished.';
comment on column study.time_left.busy_slots is 'Attempts of the sweep that are open now, of all kinds.';
