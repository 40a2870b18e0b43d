-- The database's clock decides; clock_timestamp, because the row may have been waited for. A replica that was killed need not be waited for
-- until its lease ends: its sessions, named after it, end with its process. Only who is seen under its own name may conclude that.
update nodes set owner = $2::text, owned_until = clock_timestamp() + $3::double precision * interval '1 millisecond'
where name = $1::text
  and (
    owner is null
    or owner = $2::text
    or owned_until <= clock_timestamp()
    or (
      exists (select from pg_stat_activity where application_name = left('lsweep ' || $2::text, 63))
      and not exists (select from pg_stat_activity where application_name = left('lsweep ' || owner, 63))
    )
  )
returning name
