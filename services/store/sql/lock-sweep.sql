-- One planner of a sweep at a time, and none while a deletion takes trials away that it would count on ('lswg' in ASCII).
select revision from sweeps, (select pg_advisory_xact_lock_shared(1819506535)) shared where sweep_id = $1::integer for no key update of sweeps
