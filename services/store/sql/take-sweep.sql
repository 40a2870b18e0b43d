with revisions as (delete from sweep_revisions where sweep_id = $1::integer)
delete from sweeps where sweep_id = $1::integer
