// Accuracy against the width of the channel, as view study.capacity has it.

import { sql } from '../../store/index.ts';

export const capacitySql = (sweep: string): string => sql`
select task, split, system, latents, channel, capacity_floats_per_latent, capacity_floats, seeds, items, accuracy, accuracy_sd
from study.capacity
where sweep = ${sweep}
order by task, capacity_floats_per_latent, system, latents`;
