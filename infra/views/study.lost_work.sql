-- Time that an attempt held a slot without anything that counts: from its opening to its end less the device time of its segments of record.
-- What a failed attempt committed is not lost, the next one goes on behind it.
create or replace view study.lost_work as
select
  sp.sweep,
  sp.kind,
  count(*)::integer as attempts,
  (count(*) filter (where a.state = 'failed'))::integer as failed_attempts,
  coalesce(sum(held.seconds), 0) / 3600 as slot_hours,
  coalesce(sum(greatest(held.seconds - g.counted, 0)) filter (where a.state in ('failed', 'superseded', 'stopped')), 0) / 3600 as lost_slot_hours,
  coalesce(sum(g.superseded), 0) / 3600 as superseded_gpu_hours
from sweep_phases sp
join attempts a on a.phase_id = sp.phase_id
cross join lateral (select extract(epoch from coalesce(a.closed_at, now()) - a.opened_at)::double precision as seconds) held
cross join lateral (
  select
    coalesce(sum(x.seconds) filter (where x.superseded_by is null), 0) as counted,
    coalesce(sum(x.seconds) filter (where x.superseded_by is not null), 0) as superseded
  from gpu_seconds x
  where x.phase_id = a.phase_id and x.attempt = a.attempt
) g
group by sp.sweep, sp.kind;

comment on view study.lost_work is
  'What failures, stops and lost work cost a sweep, in hours of slots; a phase that several cells share counts once.';
comment on column study.lost_work.sweep is 'Name of the sweep.';
comment on column study.lost_work.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.lost_work.attempts is 'Attempts, open ones included.';
comment on column study.lost_work.failed_attempts is 'Attempts that failed.';
comment on column study.lost_work.slot_hours is 'Time that all attempts held a slot, hours.';
comment on column study.lost_work.lost_slot_hours is
  'Time that failed, stopped and superseded attempts held a slot without device time that counts, hours; start-up included, work done again included.';
comment on column study.lost_work.superseded_gpu_hours is 'Device time of work that was done again, hours; a part of lost_slot_hours where its attempt did not finish.';
