-- Checkpoints that cannot be used: looked up by their file, which several rows may name, and told as what they are.

create index checkpoints_by_uri on checkpoints (uri);
comment on column checkpoints.damaged is 'An attempt found that its file is missing from the artifact store, or that its content is not the recorded one; never started from again.';
comment on column attempts.forgiven is 'Its failure does not count against the retry budget: it ended before a retry command, on a sick node, or for a checkpoint that was missing or damaged.';
comment on column study.attempts.forgiven is 'Its failure no longer counts: before a retry command, on a sick node, or for a lost checkpoint.';
comment on column study.failures.forgiven is 'Its failure no longer counts: before a retry command, on a sick node, or for a lost checkpoint.';
comment on column decisions.kind is 'placed, retry, given_up, microbatch_halved, data_reordered, rate_lowered, adopted, waits, taken_over, fits_nowhere, asked_again, reopened, weights_differ, quarantined, quarantine_extended, readmitted.';
comment on column study.decisions.decision is 'placed, retry, given_up, microbatch_halved, data_reordered, rate_lowered, adopted, waits, taken_over, fits_nowhere, asked_again, reopened, weights_differ, quarantined, quarantine_extended, readmitted.';
