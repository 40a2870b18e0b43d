-- question: What failed, how often, and where?
-- units: attempts; cells: distinct cells that had to wait for it
-- caveat: A failed attempt is no failed cell: most are tried again. given_up counts phases that nobody tries any more.
-- param sweep text: Name of the sweep.
select failure, code, node, count(*)::integer as attempts, (count(distinct phase_key) filter (where phase_state = 'failed'))::integer as given_up,
  (select count(distinct c) from study.failures f, unnest(f.cells) c
    where f.sweep = :sweep and f.failure = o.failure and f.code is not distinct from o.code and f.node = o.node)::integer as cells,
  max(at) as latest, (array_agg(message order by at desc))[1] as latest_message
from study.failures o
where sweep = :sweep
group by failure, code, node
order by attempts desc, failure, code, node
