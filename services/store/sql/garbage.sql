-- Not what a phase that was planned and run anew has written under the same name meanwhile.
select g.uri, exists (select from checkpoints c where c.uri = g.uri) as wanted
from artifact_garbage g order by g.uri limit $1::integer
