-- question: What did a cell answer?
-- units: tokens generated; seconds: the question's share of its batch
-- caveat: Predictions are what the verifier saw.
-- param sweep text: Name of the sweep.
-- param cell integer: Number of the cell.
-- param only_wrong boolean = false: Only questions that it got wrong.
-- param limit integer = 50: Rows at most.
select split, item, gold, prediction, correct, tokens, seconds
from study.items
where sweep = :sweep and cell = :cell and (not :only_wrong or not correct)
order by split, item
limit :limit
