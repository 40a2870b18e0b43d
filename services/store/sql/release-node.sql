update nodes set owner = null, owned_until = null where name = $1::text and owner = $2::text
