-- question: Which questions did one cell get right and the other wrong?
-- units: item: number of the question in its split
-- caveat: Both cells must have been asked the same questions; others are left out.
-- param sweep text: Name of the sweep.
-- param a integer: Number of the first cell.
-- param b integer: Number of the second cell.
select x.split, x.item, x.gold, x.correct as a_correct, x.prediction as a_prediction, y.correct as b_correct, y.prediction as b_prediction
from study.items x
join study.items y on y.sweep = :sweep and y.cell = :b and y.split = x.split and y.item = x.item and y.gold = x.gold
where x.sweep = :sweep and x.cell = :a and x.correct <> y.correct
order by x.split, x.correct desc, x.item
