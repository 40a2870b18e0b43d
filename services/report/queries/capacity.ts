// Accuracy against the width of the channel, as view study.capacity has it.

export const CAPACITY_SQL = {
  text: `
select task, split, system, latents, channel, capacity_floats_per_latent, capacity_floats, seeds, items, accuracy, accuracy_sd
from study.capacity
where sweep = $1::text
order by task, capacity_floats_per_latent, system, latents`,
} as const;
