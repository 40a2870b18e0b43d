-- question: Do latents become distinct: geometry of the latent space by system?
-- units: as services/trainer/analyses/README.md has them; means over seeds and slots
-- caveat: h_off is partly built in: read it beside h_off_random and h_off_shuffled.
-- param sweep text: Name of the sweep.
select task, system, latents, channel, analysis, label, count(distinct cell)::integer as cells, avg(value) as value, stddev_samp(value) as sd
from study.analyses
where sweep = :sweep and analysis not like 'causal\_%' and i is null and j is null and value <> 'NaN'
group by task, system, latents, channel, analysis, label
order by task, analysis, label, system, latents, channel
