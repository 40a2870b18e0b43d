// A local stack that really trains, in a folder of its own, for tests that kill its processes: started and asked through the command line, as
// people do, and read through SQL.

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { readStackRecord } from '../../services/config/index.ts';
import { childrenOf } from '../chaos/processes.ts';
import { until } from './until.ts';

const lsweep = fileURLToPath(new URL('../../services/cli/lsweep.mjs', import.meta.url));
const run = promisify(execFile);

/** Two nodes with a slot each; short segments and leases, so that every kill falls between commits and is noticed soon. */
const CONFIG = `
worker: { count: 2, slots: 1, threads: 1 }
orchestrator: { segmentMs: 400, nodeTimeoutMs: 4000, ownershipLeaseMs: 3000 }
`;

export type Row = Readonly<Record<string, unknown>>;
export type Victim = 'trainer' | 'gpu-worker' | 'orchestrator';

export class RealStack {
  readonly dir: string;
  readonly #sweep: string;

  /** Brings the stack up and starts the sweep. @param name of the sweep in `yaml` */
  static async open(dir: string, name: string, yaml: string): Promise<RealStack> {
    const stack = new RealStack(dir, name);
    await mkdir(dir);
    await writeFile(join(dir, 'lsweep.yaml'), CONFIG);
    await writeFile(join(dir, 'sweep.yaml'), yaml);
    await stack.#command('up');
    await stack.#command('start', join(dir, 'sweep.yaml'));
    return stack;
  }

  private constructor(dir: string, sweep: string) {
    this.dir = dir;
    this.#sweep = sweep;
  }

  async down(): Promise<void> {
    await this.#command('down');
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const client = new pg.Client({ connectionString: readStackRecord(join(this.dir, '.lsweep'))?.postgresUrl ?? '' });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** @param kind of phase; only attempts that have done a step */
  running(kind: string): Promise<readonly Row[]> {
    return this.query('select phase_key, attempt, step from study.running where kind like $1 and step > 0', [kind]);
  }

  async isFinished(cells: number): Promise<boolean> {
    const [row] = await this.query(
      `select count(*)::int as cells, count(*) filter (where state = 'finished')::int as finished
       from study.cells where sweep = $1`,
      [this.#sweep],
    );
    return row?.['cells'] === cells && row['finished'] === cells;
  }

  /** Everything that must not depend on what was killed. */
  async results(): Promise<Readonly<Record<'curves' | 'weights' | 'items' | 'accuracies', readonly Row[]>>> {
    const curves = await this.query(
      'select cell, kind, metric, step, value::text from study.curves where sweep = $1 order by 1, 2, 3, 4',
      [this.#sweep],
    );
    const weights = await this.query(
      'select cell, kind, phase_key, weights_sha256 from study.phases where sweep = $1 order by 1, 2',
      [this.#sweep],
    );
    const items = await this.query(
      `select p.phase_key, i.item, i.prediction, i.gold, i.correct, i.tokens
       from evaluation_items i join phases p using (phase_id) order by 1, 2`,
    );
    const accuracies = await this.query(
      'select cell, accuracy, final_loss::text from study.cells where sweep = $1 order by 1',
      [this.#sweep],
    );
    return { curves, weights, items, accuracies };
  }

  /** `completions` of a phase that ran twice to its end would be more than `phases`. */
  async attempts(): Promise<Row | undefined> {
    const [row] = await this.query(
      `select count(*)::int as attempts, count(distinct phase_id)::int as phases,
              count(*) filter (where state = 'finished')::int as completions from attempts`,
    );
    return row;
  }

  /** Processes of the kind that run now, in the order of their names. */
  pidsOf(what: Victim): readonly number[] {
    if (what === 'trainer') {
      return this.pidsOf('gpu-worker').flatMap((worker) =>
        childrenOf(worker).flatMap(({ pid, command }) => (command.includes('trainer/process/main') ? [pid] : [])),
      );
    }
    const services = readStackRecord(join(this.dir, '.lsweep'))?.services ?? [];
    return services.flatMap((one) => (one.name.startsWith(what) && one.process !== null ? [one.process.pid] : []));
  }

  /** SIGKILL to the first of `pids`; resolves when supervision has started another in its place. */
  async kill(what: Victim, pids = this.pidsOf(what)): Promise<void> {
    const [pid] = pids;
    if (pid === undefined) throw new Error(`there is no ${what} to kill`);
    process.kill(pid, 'SIGKILL');
    if (what === 'trainer') return;
    await until(`another ${what} runs`, () => {
      const now = this.pidsOf(what);
      return now.length === pids.length && !now.includes(pid);
    });
  }

  async #command(...words: readonly string[]): Promise<void> {
    await run(process.execPath, [lsweep, '--dir', this.dir, ...words], { maxBuffer: 1 << 26 });
  }
}
