-- question: How do the systems compare side by side?
-- units: accuracy 0 to 1, means over seeds and over what else the sweep varies
-- caveat: A system without latents stands in the row of 0 latents. n: cells that a row averages.
-- param sweep text: Name of the sweep.
select task, split, latents,
  avg(accuracy) filter (where system = 'cot') as cot,
  avg(accuracy) filter (where system = 'no_cot') as no_cot,
  avg(accuracy) filter (where system = 'continued_pretraining') as continued_pretraining,
  avg(accuracy) filter (where system = 'soft_embeddings') as soft_embeddings,
  avg(accuracy) filter (where system = 'coconut') as coconut,
  avg(accuracy) filter (where system = 'liu') as liu,
  avg(accuracy) filter (where system = 'h1') as h1,
  avg(accuracy) filter (where system = 'h2') as h2,
  avg(accuracy) filter (where system = 'pause') as pause,
  avg(accuracy) filter (where system = 'without_thought') as without_thought,
  avg(accuracy) filter (where system = 'soft_2x') as soft_2x,
  avg(accuracy) filter (where system = 'h1_h2') as h1_h2,
  count(*)::integer as n
from study.cells
where sweep = :sweep and state = 'finished'
group by task, split, latents
order by task, split, latents
