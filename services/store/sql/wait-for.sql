update phases set waits_for = $2::text where phase_key = $1::text and waits_for is distinct from $2::text
returning phase_id
