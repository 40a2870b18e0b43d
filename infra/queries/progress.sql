-- question: How far is the sweep?
-- units: phases; a phase that several cells share counts once
-- caveat: skipped: nobody will run them, because each of their cells ended before them.
-- param sweep text: Name of the sweep.
select kind, system, phases, planned, running, finished, failed, skipped
from study.progress
where sweep = :sweep
order by case kind when 'base' then 0 when 'pretrain' then 1 when 'finetune' then 2 when 'evaluate' then 3 else 4 end, system nulls first
