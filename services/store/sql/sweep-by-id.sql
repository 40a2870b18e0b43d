select sweep_id, name, revision, state, spec, spec_hash, cells, priority, weight, width
from sweeps where sweep_id = $1::integer
