-- question: Where are the weights of the best cells?
-- units: bytes of the file; accuracy 0 to 1
-- caveat: Only checkpoints that the artifact store still has.
-- param sweep text: Name of the sweep.
-- param limit integer = 10: Cells at most.
select c.cell, c.system, c.latents, c.seed, c.accuracy, k.kind, k.step, k.bytes, k.uri, k.sha256, k.weights_sha256
from (
  select cell, system, latents, seed, accuracy
  from study.cells
  where sweep = :sweep and state = 'finished'
  order by accuracy desc nulls last, cell
  limit :limit
) c
left join study.checkpoints k on k.sweep = :sweep and k.cell = c.cell and k.is_final
order by c.accuracy desc nulls last, c.cell, k.position
