-- question: How accurate is each system at each latent budget?
-- units: accuracy, chance and interval ends 0 to 1; questions: distinct questions, seeds answer the same ones
-- caveat: The interval adds up the spread of questions and of seeds and is meant for one point; compare two systems with paired-difference instead.
-- param sweep text: Name of the sweep.
select task, split, system, latents, channel, seeds, accuracy, accuracy_low, accuracy_high, chance, items / seeds as questions
from study.accuracy
where sweep = :sweep
order by task, split, system, latents, channel nulls first
