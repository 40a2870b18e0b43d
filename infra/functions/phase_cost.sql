create or replace function phase_cost(of_phase bigint) returns setof phase_costs language sql stable rows 1 as $$
  select
    g.phase_id,
    coalesce(sum(g.seconds) filter (where g.superseded_by is null), 0),
    coalesce(sum(g.seconds) filter (where g.superseded_by is not null), 0),
    coalesce(sum(g.tokens) filter (where g.superseded_by is null), 0)::bigint,
    coalesce(sum(g.seconds) filter (where g.mfu is not null), 0),
    coalesce(sum(g.mfu * g.seconds), 0)
  from gpu_seconds g
  where g.phase_id = of_phase
  group by g.phase_id
$$;

comment on function phase_cost(bigint) is 'What the segments of a phase cost, added up; no row before the first.';
