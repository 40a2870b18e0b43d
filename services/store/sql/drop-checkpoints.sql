-- Of locked phases: keeps the newest $2 that can be started from, of a finished phase the last; and newer ones that were found missing or damaged,
-- because they say that weights are lost. Drops the others, remembering their files.
with judged as (
  select c.phase_id, c.attempt, c.step, p.phase_key,
    case
      when c.superseded_by is not null then false
      when c.damaged then c.step > coalesce(max(c.step) filter (where c.superseded_by is null and not c.damaged) over (partition by c.phase_id), -1)
      else row_number() over (
        partition by c.phase_id, c.superseded_by is null and not c.damaged order by c.step desc, c.attempt desc
      ) <= case when p.state = 'finished' then 1 else $2::integer end
    end as is_needed
  from checkpoints c join phases p on p.phase_id = c.phase_id
  where c.phase_id = any ($1::bigint[])
),
dropped as (
  delete from checkpoints c using judged j
  where c.phase_id = j.phase_id and c.attempt = j.attempt and c.step = j.step and not j.is_needed
  returning c.uri, j.phase_key, c.step
)
insert into artifact_garbage (uri, phase_key, step)
select distinct on (uri) uri, phase_key, step from dropped order by uri
on conflict (uri) do update set phase_key = excluded.phase_key, step = excluded.step
returning uri
