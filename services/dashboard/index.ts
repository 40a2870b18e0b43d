// The border of the dashboard: its server, and what leads to it.

export { type Dashboard, type DashboardOptions, serveDashboard } from './server.ts';
export { readOrMakeToken } from './token.ts';
