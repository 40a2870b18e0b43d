// The local stack as a table, and what is wrong with its fleet. Pure.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import type { StackStatus } from '../../local-stack/index.ts';
import type { DiskUsage } from '../read-disk-usage.ts';
import type { FleetStatus } from '../read-fleet-status.ts';
import { quarantineLines } from './node-list.ts';
import { formatBytes } from './quantities.ts';
import { left, renderTable, right, spare } from './table.ts';

const HEADINGS = {
  up: 'The local stack is up',
  partly: 'The local stack is not complete yet',
  orphaned: 'The supervisor of the local stack was killed; lsweep up starts it anew, lsweep down stops what is left',
  down: 'The local stack is down; lsweep up starts it',
} as const;

/**
 * Several lines: the state, a row per process, the nodes in quarantine, disk usage, why the last start failed. @param
 * nowMs epoch ms
 */
export function stackStatusText(
  status: StackStatus,
  fleet: FleetStatus,
  nowMs: number,
  disk: readonly DiskUsage[] = [],
  width: number | null = null,
): string {
  const { state, stateDir, services, temporalUiUrl, failure } = status;
  const columns = [
    left('name'),
    right('pid'),
    left('state'),
    right('port'),
    right('up for'),
    spare(right('restarts')),
    left('last end'),
    spare(left('log')),
  ];
  const rows = services.map(({ name, pid, state: own, port, startedAtMs, restarts, lastExit, log }) => [
    name,
    pid,
    own,
    port,
    startedAtMs === null ? null : duration(nowMs - startedAtMs),
    restarts,
    lastExit,
    log,
  ]);
  return [
    `${HEADINGS[state]} (${stateDir}).`,
    ...(rows.length === 0 ? [] : ['', renderTable(columns, rows, width)]),
    ...(temporalUiUrl === null ? [] : ['', `Temporal's pages: ${temporalUiUrl}`]),
    ...fleetLines(fleet, nowMs),
    ...(disk.length === 0 ? [] : ['', ...disk.map(diskLine)]),
    ...(failure === null ? [] : ['', `The last start was given up: ${visibleLine(failure)}`]),
  ].join('\n');
}

function diskLine({ what, folder, files, bytes }: DiskUsage): string {
  return `${what}: ${formatBytes(bytes)} in ${files} checkpoints (${visibleLine(folder)})`;
}

function fleetLines(fleet: FleetStatus, nowMs: number): readonly string[] {
  if (fleet.kind === 'not_asked') return [];
  if (fleet.kind === 'unknown') return ['', `The nodes are not known: ${visibleLine(fleet.reason)}`];
  const lines = quarantineLines(fleet.quarantined, nowMs);
  return lines.length === 0 ? [] : ['', ...lines];
}

/** `3 h 12 min`, `4 min 5 s`, `9 s` */
function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
