-- question: On which questions do systems differ: easy or hard ones?
-- units: share_right 0 to 1; band 1 holds the questions that the fewest cells got right
-- caveat: Difficulty is measured on the same cells (share of all finished cells that got the question right), so it says how systems differ from each other, not how hard a question is in itself.
-- param sweep text: Name of the sweep.
-- param bands integer = 4: Number of bands of difficulty, each with as many questions.
with question as (
  select task, split, item, avg(correct::integer) as share,
    ntile(:bands) over (partition by task, split order by avg(correct::integer), item) as band
  from study.items
  where sweep = :sweep and phase_state = 'finished'
  group by task, split, item
)
select q.task, q.split, q.band, min(q.share) as easiest_from, max(q.share) as easiest_to, i.system, i.latents,
  count(distinct i.item)::integer as questions, count(distinct i.cell)::integer as cells, avg(i.correct::integer)::double precision as share_right
from question q
join study.items i on i.sweep = :sweep and i.phase_state = 'finished' and i.task = q.task and i.split = q.split and i.item = q.item
group by q.task, q.split, q.band, i.system, i.latents
order by q.task, q.split, q.band, i.system, i.latents
