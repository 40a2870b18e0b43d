// The border of the local stack, for the command line.

export { down, type DownResult } from './down.ts';
export { type PostgresAlone, startPostgresAlone } from './postgres-alone.ts';
export { type ServiceStatus, type StackStatus, stackStatus } from './status.ts';
export { up, type UpOptions, type UpResult } from './up.ts';
