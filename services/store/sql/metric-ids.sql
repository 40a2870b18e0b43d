select metric, name from metric_names where name = any ($1::text[])
