-- One writer at a time; readers go on.
lock table metric_names in share row exclusive mode
