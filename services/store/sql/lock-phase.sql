-- Always before the attempt's row: the same order everywhere excludes deadlocks.
select phase_key, state, weights_sha256 from phases where phase_id = $1::bigint for no key update
