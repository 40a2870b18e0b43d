select failure, count(*) as count
from attempts
where phase_id = $1::bigint and failure is not null and not forgiven
group by failure
