create or replace view study.cell_costs as
select
  st.sweep,
  st.cell,
  st.system,
  st.latents,
  coalesce(sum(c.seconds + c.superseded_seconds) filter (where shared.cells = 1), 0) as own_gpu_seconds,
  coalesce(sum((c.seconds + c.superseded_seconds) / shared.cells), 0) as gpu_seconds_share,
  coalesce(sum(c.seconds + c.superseded_seconds), 0) as gpu_seconds,
  coalesce(sum(c.tokens), 0)::bigint as tokens
from sweep_trials st
join trial_phases tp on tp.trial_id = st.trial_id
cross join lateral (
  select count(*) as cells
  from trial_phases other
  join sweep_trials os on os.trial_id = other.trial_id and os.sweep_id = st.sweep_id
  where other.phase_id = tp.phase_id
) shared
left join phase_costs c on c.phase_id = tp.phase_id
group by st.sweep, st.cell, st.system, st.latents;

comment on view study.cell_costs is
  'Device time of each cell: gpu_seconds_share divides a shared phase among the cells of the sweep that need it, so its sum is what the sweep cost.';
comment on column study.cell_costs.sweep is 'Name of the sweep.';
comment on column study.cell_costs.cell is 'Number of the cell.';
comment on column study.cell_costs.system is 'System of the study.';
comment on column study.cell_costs.latents is 'Latent budget N_L; 0 for systems without latents.';
comment on column study.cell_costs.own_gpu_seconds is 'Device time of phases that no other cell of the sweep needs, seconds.';
comment on column study.cell_costs.gpu_seconds_share is 'The same and the cell''s equal share of shared phases, seconds.';
comment on column study.cell_costs.gpu_seconds is 'Device time of all its phases, shared ones in full, seconds: never add these up over cells.';
comment on column study.cell_costs.tokens is 'Tokens of all its phases, shared ones in full.';
