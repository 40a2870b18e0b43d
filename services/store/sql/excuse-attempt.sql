-- What a checkpoint lacks is not the fault of the phase that starts from it; $3: so often at most, because a disk that spoils every file would
-- keep a phase busy for ever.
update attempts set forgiven = true
where phase_id = $1::bigint and attempt = $2::integer
  and (
    select count(*) from attempts had where had.phase_id = $1::bigint and had.forgiven and had.failure = 'artifact_store'
  ) < $3::integer
