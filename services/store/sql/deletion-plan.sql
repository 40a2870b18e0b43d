-- What goes with the sweep; rows-of-sweep.sql stands before it.
select
  (select count(*) from sweep_trials where sweep_id = $1::integer) as cells,
  (select count(*) from own) as trials,
  (select count(*) from own_phases) as phases,
  (select count(distinct c.uri) from checkpoints c join own_phases using (phase_id)) as files,
  (select coalesce(sum(c.bytes), 0) from (select distinct on (uri) bytes from checkpoints join own_phases using (phase_id)) c)::double precision as bytes,
  (select count(*) from attempts a join own_phases using (phase_id) where a.state = 'open') as open_attempts
