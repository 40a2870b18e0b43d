delete from artifact_garbage where uri = any ($1::text[])
