-- question: Which metrics are recorded, in which kind of phase?
-- units: cells that have it
-- caveat: A metric that only some systems have, such as loss_orthogonality, is missing from the others.
-- param sweep text: Name of the sweep.
select kind, metric, count(distinct cell)::integer as cells
from study.last_values
where sweep = :sweep
group by kind, metric
order by kind, metric
