-- question: How well do latents form clusters by slot?
-- units: silhouette -1 to 1, mean and spread over seeds; accuracy 0 to 1
-- caveat: Only cells whose analyse phase computed it.
-- param sweep text: Name of the sweep.
select a.task, a.system, a.latents, a.channel, a.label, count(distinct a.cell)::integer as cells, avg(a.value) as silhouette, stddev_samp(a.value) as sd,
  avg(c.accuracy) as accuracy
from study.analyses a
join study.cells c on c.sweep = a.sweep and c.cell = a.cell
where a.sweep = :sweep and a.analysis like 'silhouette%' and a.i is null and a.value <> 'NaN'
group by a.task, a.system, a.latents, a.channel, a.label
order by a.task, a.system, a.latents, a.channel, a.label
