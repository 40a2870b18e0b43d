-- question: How many slots were at work over time?
-- units: busy in slots, the mean over each interval; from the first attempt to the last (or now)
-- caveat: A slot counts as busy from the opening of an attempt to its end, start of the trainer included.
-- param sweep text: Name of the sweep.
-- param intervals integer = 40: Number of intervals.
with attempt as (
  select distinct a.phase_key, a.attempt, a.opened_at, coalesce(a.closed_at, now()) as closed_at
  from study.attempts a
  join study.phases p on p.phase_key = a.phase_key
  where p.sweep = :sweep
), span as (
  select min(opened_at) as first, max(closed_at) as last, greatest(extract(epoch from max(closed_at) - min(opened_at)), 1e-3) as seconds
  from attempt
)
select s.first + n.i * (s.last - s.first) / :intervals as from_time,
  coalesce(sum(greatest(extract(epoch from
    least(a.closed_at, s.first + (n.i + 1) * (s.last - s.first) / :intervals)
    - greatest(a.opened_at, s.first + n.i * (s.last - s.first) / :intervals)), 0)), 0)::double precision
    / (s.seconds / :intervals)::double precision as busy
from span s
cross join generate_series(0, :intervals - 1) n (i)
left join attempt a on a.opened_at < s.first + (n.i + 1) * (s.last - s.first) / :intervals
  and a.closed_at > s.first + n.i * (s.last - s.first) / :intervals
where s.first is not null
group by n.i, s.first, s.last, s.seconds
order by n.i
