update sweeps set state = $2::text, state_at = now()
where sweep_id = $1::integer and state <> $2::text
