-- No planner meanwhile ('lswg' in ASCII): what it finds planned already must not go away under it.
select pg_advisory_xact_lock(1819506535)
