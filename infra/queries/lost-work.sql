-- question: How much time was lost to failures and stops?
-- units: hours of slots; share 0 to 1 of slot_hours
-- caveat: Start-up of attempts that failed is lost time too; what a failed attempt committed is not.
-- param sweep text: Name of the sweep.
select kind, attempts, failed_attempts, slot_hours, lost_slot_hours, lost_slot_hours / nullif(slot_hours, 0) as lost_share, superseded_gpu_hours
from study.lost_work
where sweep = :sweep
order by lost_slot_hours desc, kind
