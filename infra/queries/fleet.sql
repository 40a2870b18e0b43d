-- question: Which nodes are there, and can they work?
-- units: slots and busy in attempts; memory_bytes of the machine; times as they are
-- caveat: A node that was lost keeps its row; connected tells whether an orchestrator serves it now.
select node, connected, slots, busy, memory_bytes, quarantined, quarantine_reason, canary_at, last_event, last_event_at, address, engine_version
from study.nodes
order by connected desc, node
