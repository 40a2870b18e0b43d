select exists (select from nodes where name = $1::text) as known
