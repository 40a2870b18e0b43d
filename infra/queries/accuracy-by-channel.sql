-- question: Does a wider channel help?
-- units: capacity in floats, over all latents and for one; accuracy and above_chance 0 to 1
-- caveat: Systems without a channel and without soft tokens are not in it.
-- param sweep text: Name of the sweep.
select task, split, system, latents, channel, capacity_floats_per_latent, capacity_floats, seeds, accuracy, accuracy_sd, above_chance
from study.capacity
where sweep = :sweep
order by task, split, system, capacity_floats, latents
