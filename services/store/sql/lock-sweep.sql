-- One planner of a sweep at a time.
select revision from sweeps where sweep_id = $1::integer for no key update
