-- question: Which cells' training diverged?
-- units: losses in nats per target; last over best: 1 = it ended at its lowest
-- caveat: Takes failures for a loss that is no number, and finished training phases whose last loss is above factor times their lowest.
-- param sweep text: Name of the sweep.
-- param factor number = 1.5: How far above the lowest loss the last one must be.
with failed as (
  select unnest(cells) as cell, kind, min(step) as step, string_agg(distinct failure, ', ') as failure
  from study.failures
  where sweep = :sweep and failure = 'nan_loss'
  group by 1, 2
), loss as (
  select cell, kind, min(value) as lowest, (array_agg(value order by step desc))[1] as last, max(step) as step
  from study.curves
  where sweep = :sweep and metric = 'loss_nats' and kind in ('base', 'pretrain', 'finetune')
  group by cell, kind
)
select cell, kind, step, failure, null::double precision as lowest_loss, null::double precision as last_loss
from failed
union all
select cell, kind, step, 'last loss is high', lowest, last
from loss
where last > :factor * lowest
order by cell, kind, failure
