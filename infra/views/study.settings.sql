create or replace view study.settings as
select
  st.sweep,
  st.cell,
  t.trial_key,
  s.path,
  s.value,
  st.point ? s.path as is_axis
from sweep_trials st
join trials t on t.trial_id = st.trial_id
cross join lateral setting_leaves(t.settings) s;

comment on view study.settings is 'Every setting of every cell, defaults included: one row per dotted path. Ask for one cell, or for one path of one sweep.';
comment on column study.settings.sweep is 'Name of the sweep.';
comment on column study.settings.cell is 'Number of the cell.';
comment on column study.settings.trial_key is 'Identity of the trial.';
comment on column study.settings.path is 'Dotted path as in a sweep file, such as train.lr.';
comment on column study.settings.value is 'Its value; lists are one value.';
comment on column study.settings.is_axis is 'Whether the sweep varies it.';
