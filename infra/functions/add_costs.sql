create or replace function add_costs() returns trigger language plpgsql as $$
begin
  insert into phase_costs as had (phase_id, seconds, superseded_seconds, tokens, training_seconds, mfu_seconds)
  select
    phase_id,
    coalesce(sum(seconds) filter (where superseded_by is null), 0),
    coalesce(sum(seconds) filter (where superseded_by is not null), 0),
    coalesce(sum(tokens) filter (where superseded_by is null), 0),
    coalesce(sum(seconds) filter (where mfu is not null), 0),
    coalesce(sum(mfu * seconds), 0)
  from added
  group by phase_id
  order by phase_id
  on conflict (phase_id) do update set
    seconds = had.seconds + excluded.seconds,
    superseded_seconds = had.superseded_seconds + excluded.superseded_seconds,
    tokens = had.tokens + excluded.tokens,
    training_seconds = had.training_seconds + excluded.training_seconds,
    mfu_seconds = had.mfu_seconds + excluded.mfu_seconds;
  return null;
end
$$;

comment on function add_costs() is 'Adds new segments to what their phases cost.';

create or replace trigger gpu_seconds_added after insert on gpu_seconds referencing new table as added for each statement execute function add_costs();
