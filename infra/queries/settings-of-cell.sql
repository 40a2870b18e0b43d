-- question: With which settings was a cell trained?
-- units: values as in the sweep file
-- caveat: Defaults that the file does not name are settings too; is_axis tells what the sweep varies.
-- param sweep text: Name of the sweep.
-- param cell integer: Number of the cell.
select path, value, is_axis
from study.settings
where sweep = :sweep and cell = :cell
order by is_axis desc, path
