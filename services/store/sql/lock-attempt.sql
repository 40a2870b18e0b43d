-- After its phase.
select state from attempts where phase_id = $1::bigint and attempt = $2::integer for no key update
