-- question: What is the perplexity on validation text?
-- units: validation_perplexity: exp of nats per token, on text that was not trained on
-- caveat: Only sweeps whose evaluation asks for it (corpora). final_training_loss is not its logarithm: it is of the last training batch.
-- param sweep text: Name of the sweep.
select cell, system, latents, channel, seed, validation_perplexity, final_training_loss
from study.cells
where sweep = :sweep and validation_perplexity is not null
order by validation_perplexity nulls last, cell
