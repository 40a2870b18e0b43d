-- Counts of closed cells come from an index of states; those of running ones from the few phases that run.
create or replace view study.sweeps as
select
  s.name as sweep,
  s.revision,
  s.state,
  s.cells,
  case when s.state in ('paused', 'cancelled') then 0 else c.open - r.running - r.waiting end as planned,
  r.running,
  case when s.state = 'paused' then c.open else 0 end as paused,
  c.finished,
  c.failed,
  case when s.state = 'cancelled' then c.open else 0 end as cancelled,
  c.stopped_early,
  s.priority,
  s.weight,
  s.width,
  s.created_at,
  s.state_at,
  r.waiting
from sweeps s
cross join lateral (
  select
    -- cells that are not written yet are open too
    (s.cells - coalesce(sum(x.cells) filter (where x.state <> 'planned'), 0))::integer as open,
    coalesce(sum(x.cells) filter (where x.state = 'finished'), 0)::integer as finished,
    coalesce(sum(x.cells) filter (where x.state = 'failed'), 0)::integer as failed,
    coalesce(sum(x.cells) filter (where x.state = 'stopped_early'), 0)::integer as stopped_early
  from (select st.state, count(*) as cells from sweep_trials st where st.sweep = s.name group by st.state) x
) c
cross join lateral (
  select
    (count(*) filter (where x.is_own))::integer as running,
    (count(*) filter (where not x.is_own))::integer as waiting
  from (
    select tp.trial_id, bool_or(p.is_own) as is_own
    from running_phases p
    join trial_phases tp on tp.phase_id = p.phase_id
    join sweep_trials st on st.trial_id = tp.trial_id and st.sweep_id = s.sweep_id and st.state = 'planned'
    where s.state not in ('paused', 'cancelled')
    group by tp.trial_id
  ) x
) r;

comment on view study.sweeps is 'One row per sweep with its cells by state. While a sweep is being planned the counts sum to less than cells.';
comment on column study.sweeps.sweep is 'Name of the sweep.';
comment on column study.sweeps.revision is 'Current revision; an extension makes the next one.';
comment on column study.sweeps.state is 'planning, running, paused, finished or cancelled.';
comment on column study.sweeps.cells is
  'Distinct trials of the newest revision; the sum of planned, waiting, running, paused, finished, failed, cancelled and stopped_early.';
comment on column study.sweeps.planned is 'Cells that wait for a slot, and those that are not written yet.';
comment on column study.sweeps.running is 'Cells one of whose own phases runs.';
comment on column study.sweeps.paused is 'Open cells of a paused sweep.';
comment on column study.sweeps.finished is 'Cells with a result.';
comment on column study.sweeps.failed is 'Cells that failed for good.';
comment on column study.sweeps.cancelled is 'Cells that were open when the sweep was cancelled.';
comment on column study.sweeps.stopped_early is 'Cells ended by the search strategy.';
comment on column study.sweeps.priority is '1 (first) to 5 (last).';
comment on column study.sweeps.weight is 'Share of the slots among sweeps of the same priority.';
comment on column study.sweeps.width is 'Most phases that run at the same time; null = unbounded.';
comment on column study.sweeps.created_at is 'When the sweep was first started.';
comment on column study.sweeps.state_at is 'When it came into its present state.';
comment on column study.sweeps.waiting is 'Cells that wait for a running phase that other cells need too, such as the Base.';
