-- question: In which settings do two cells differ?
-- units: values as in the sweep file; null = the cell has no such setting
-- caveat: Defaults that the file does not name are settings too.
-- param sweep text: Name of the sweep.
-- param a integer: Number of the first cell.
-- param b integer: Number of the second cell.
select coalesce(a.path, b.path) as path, a.value as a, b.value as b
from (select path, value from study.settings where sweep = :sweep and cell = :a) a
full join (select path, value from study.settings where sweep = :sweep and cell = :b) b on b.path = a.path
where a.value is distinct from b.value
order by 1
