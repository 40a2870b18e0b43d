-- A phase behind one that failed does not wait for its turn: nobody runs it unless its trial is tried again.
create or replace view study.progress as
select
  sp.sweep,
  sp.kind,
  sp.system,
  count(*)::integer as phases,
  (count(*) filter (where sp.state = 'planned' and s.state not in ('finished', 'cancelled') and ended.phase_id is null))::integer as planned,
  (count(*) filter (where sp.state = 'running'))::integer as running,
  (count(*) filter (where sp.state = 'finished'))::integer as finished,
  (count(*) filter (where sp.state = 'failed'))::integer as failed,
  (count(*) filter (where sp.state = 'planned' and (s.state in ('finished', 'cancelled') or ended.phase_id is not null)))::integer as skipped
from sweep_phases sp
join sweeps s on s.name = sp.sweep
left join (
  select st.sweep, tp.phase_id
  from sweep_trials st
  join trial_phases tp on tp.trial_id = st.trial_id
  where st.state in ('failed', 'stopped_early')
    and not exists (
      select from trial_phases other
      join sweep_trials waits on waits.trial_id = other.trial_id and waits.sweep = st.sweep and waits.state = 'planned'
      where other.phase_id = tp.phase_id
    )
  group by st.sweep, tp.phase_id
) ended on ended.sweep = sp.sweep and ended.phase_id = sp.phase_id and sp.state = 'planned'
group by sp.sweep, sp.kind, sp.system;

comment on view study.progress is 'How far a sweep is by kind of phase and system; a phase that several cells share counts once.';
comment on column study.progress.sweep is 'Name of the sweep.';
comment on column study.progress.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.progress.system is 'System; null for phases that several systems share, such as the Base.';
comment on column study.progress.phases is 'Phases in every state.';
comment on column study.progress.planned is 'Phases that wait for their turn; none in a closed sweep.';
comment on column study.progress.running is 'Phases with an open attempt.';
comment on column study.progress.finished is 'Phases that are done.';
comment on column study.progress.failed is 'Phases that were given up.';
comment on column study.progress.skipped is 'Phases that nobody will run: each of their trials failed before them, or the sweep was closed.';
