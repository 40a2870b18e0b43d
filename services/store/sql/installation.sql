select installation_id::text as id from installation
