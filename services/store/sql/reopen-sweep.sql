-- What its cells are is taken over anew from here on, so this comes before its trials are opened.
update sweeps set state = 'running', state_at = now() where sweep_id = $1::integer and state = 'finished'
