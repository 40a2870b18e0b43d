// The border of the local stack, for the command line.

export { type DownResult, down } from './down.ts';
export { DASHBOARD } from './node-services.ts';
export { type StandalonePostgres, startStandalonePostgres } from './standalone-postgres.ts';
export { makeStateFolder } from './state-folder.ts';
export { type ServiceStatus, type StackStatus, stackStatus } from './status.ts';
export { type UpOptions, type UpResult, up } from './up.ts';
