import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import pg from 'pg';
import { dashboardUrl } from '../../services/cli/dashboard-address.ts';
import {
  type Config,
  endpoints,
  isAlive,
  loadConfig,
  type ProcessMark,
  readStackRecord,
  type ServiceRecord,
} from '../../services/config/index.ts';
import { down, stackStatus, startStandalonePostgres, up } from '../../services/local-stack/index.ts';
import { until } from './until.ts';

// The local stack for real: its supervisor, Postgres and Temporal as processes; in one test the orchestrator and a node too.

const WITHIN_MS = 120_000;
const seen: ProcessMark[] = [];
let folder: string;

function configWith(yaml: string): Config {
  writeFileSync(join(folder, 'lsweep.yaml'), yaml);
  // with this process' environment, which the supervisor gets too
  return loadConfig({ dir: folder });
}
const service = (config: Config, name: string): ServiceRecord =>
  readStackRecord(config.stateDir)?.services.find((one) => one.name === name) ?? assert.fail(`no ${name}`);
const markOfService = (config: Config, name: string): ProcessMark =>
  service(config, name).process ?? assert.fail(`${name} does not run`);

/** Remembers what runs, so that the end of the file can tell that nothing was left. */
function remember(config: Config): void {
  const { supervisor = null, services = [] } = readStackRecord(config.stateDir) ?? {};
  seen.push(...[supervisor, ...services.map((one) => one.process)].filter((mark) => mark !== null));
}
async function kill(mark: ProcessMark): Promise<void> {
  process.kill(mark.pid, 'SIGKILL');
  await until(`pid ${mark.pid} is gone`, () => !isAlive(mark));
}
/** @returns the answer's only value, or how many rows there are when they have no columns */
async function query(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows, fields, rowCount } = await client.query<Readonly<Record<string, unknown>>>(sql);
    const [field] = fields;
    return field === undefined ? rowCount : rows[0]?.[field.name];
  } finally {
    await client.end();
  }
}

/** As a browser that was given the address: in by the token, then with its cookie; and as whom the process reads. */
async function dashboardOf(config: Config): Promise<{ readonly status: number; readonly login: string | undefined }> {
  const url = (await dashboardUrl(config)) ?? assert.fail('no dashboard runs');
  const entered = await fetch(url, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { status } = await fetch(new URL('/', url), { headers: { cookie } });
  const { pid } = markOfService(config, 'dashboard');
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  assert.ok(!environment.some((one) => one.startsWith('LSWEEP_POSTGRES_URL=')));
  const reader = environment.find((one) => one.startsWith('LSWEEP_POSTGRES_READER_URL='));
  return { status, login: reader === undefined ? undefined : new URL(reader.slice(reader.indexOf('=') + 1)).username };
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsweep-stack-'));
  // open to the account that Postgres runs as when we are root
  chmodSync(folder, 0o755);
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  assert.deepEqual(seen.filter(isAlive), [], 'processes were left behind');
});

describe('Postgres and Temporal of the stack', { timeout: 8 * 60_000 }, () => {
  let config: Config;
  before(() => {
    config = configWith('orchestrator: { replicas: 0 }\nworker: { count: 0 }\n');
  });
  afterEach(() => remember(config));
  after(async () => {
    await down(config);
  });

  it('two lsweep up at once start one stack', async () => {
    const results = await Promise.all([up(config), up(config)]);
    const supervisors = new Set(results.map(({ record }) => record.supervisor?.pid));
    assert.equal(supervisors.size, 1);
    assert.equal(stackStatus(config).state, 'up');
    await query(endpoints(config).postgresUrl, 'create table kept as select 42 as answer');
  });

  it('a further lsweep up finds it, and says when the configuration has changed since', async () => {
    const { kind, isConfigChanged, record } = await up(config);
    assert.deepEqual([kind, isConfigChanged], ['running', false]);
    const other = await up(configWith('orchestrator: { replicas: 0 }\nworker: { count: 0 }\nlog: { level: debug }\n'));
    assert.deepEqual(
      [other.kind, other.isConfigChanged, other.record.supervisor],
      ['running', true, record.supervisor],
    );
    config = configWith('orchestrator: { replicas: 0 }\nworker: { count: 0 }\n');
  });

  it('a killed Postgres and a killed Temporal come back on their ports with their data', async () => {
    const before = endpoints(config);
    for (const name of ['postgres', 'temporal']) {
      const mark = markOfService(config, name);
      await kill(mark);
      await until(
        `${name} is ready again`,
        () => service(config, name).state === 'ready' && markOfService(config, name).pid !== mark.pid,
        WITHIN_MS,
      );
      assert.equal(service(config, name).restarts, 1);
    }
    assert.deepEqual(endpoints(config), before);
    assert.deepEqual(await query(before.postgresUrl, 'select answer from kept'), 42);
  });

  it('after a kill of the supervisor alone, lsweep up ends what is left and starts anew', async () => {
    const { supervisor, services } = readStackRecord(config.stateDir) ?? assert.fail();
    assert.ok(supervisor);
    remember(config);
    await kill(supervisor);
    assert.equal(stackStatus(config).state, 'orphaned');
    assert.throws(() => endpoints(config), /not up/);
    const { kind } = await up(config);
    assert.equal(kind, 'started');
    for (const one of services) assert.ok(one.process !== null && !isAlive(one.process), one.name);
    assert.deepEqual(await query(endpoints(config).postgresUrl, 'select answer from kept'), 42);
  });

  it('after a kill of everything, lsweep up starts on the same ports with the same data', async () => {
    const before = endpoints(config);
    remember(config);
    const { supervisor, services } = readStackRecord(config.stateDir) ?? assert.fail();
    for (const mark of [supervisor, ...services.map((one) => one.process)]) if (mark !== null) await kill(mark);
    assert.equal(stackStatus(config).state, 'down');
    await up(config);
    assert.deepEqual(endpoints(config), before);
    assert.deepEqual(await query(before.postgresUrl, 'select answer from kept'), 42);
  });

  it('Postgres alone is the running one while the stack is up', async () => {
    const { url, stop } = await startStandalonePostgres(config);
    assert.equal(url, endpoints(config).postgresUrl);
    await stop();
    assert.equal(stackStatus(config).state, 'up');
  });

  it('lsweep down leaves no process, and Postgres alone then answers from the same data', async () => {
    remember(config);
    assert.equal(await down(config), 'stopped');
    assert.deepEqual(seen.filter(isAlive), []);
    const { url, stop } = await startStandalonePostgres(config);
    assert.deepEqual(await query(url, 'select answer from kept'), 42);
    await stop();
    await assert.rejects(query(url, 'select 1'), /ECONNREFUSED/);
  });

  it('a port that somebody else has taken meanwhile is replaced', async () => {
    const port = service(config, 'temporal').port ?? assert.fail();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
    try {
      await up(config);
      assert.notEqual(service(config, 'temporal').port, port);
    } finally {
      squatter.close();
      remember(config);
      await down(config);
    }
  });
});

describe('the whole stack', { timeout: 8 * 60_000 }, () => {
  it('is ready with an orchestrator, a node and a dashboard, and starts each again when it is killed', async () => {
    const config = configWith('worker: { slots: 1 }\n');
    try {
      await up(config);
      const isNodeOwned = async (): Promise<boolean> => {
        const replica = `%-${markOfService(config, 'orchestrator').pid}-%`;
        const owners = await query(endpoints(config).postgresUrl, `select from nodes where owner like '${replica}'`);
        return owners === 1;
      };
      await until('the orchestrator owns the node', isNodeOwned, WITHIN_MS);
      remember(config);
      const { status, login } = await dashboardOf(config);
      assert.equal(status, 200);
      assert.equal(login, 'lsweep_reader', 'the dashboard knows a login that can only read');
      for (const name of ['orchestrator', 'gpu-worker', 'dashboard']) {
        const mark = markOfService(config, name);
        await kill(mark);
        await until(
          `${name} is ready again`,
          () => service(config, name).state === 'ready' && markOfService(config, name).pid !== mark.pid,
          WITHIN_MS,
        );
      }
      await until('the new orchestrator owns the node', isNodeOwned, WITHIN_MS);
    } finally {
      remember(config);
      await down(config);
    }
  });

  it('says which key names a port that is in use', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const address = squatter.address();
    assert.ok(typeof address === 'object' && address !== null);
    const config = configWith(`orchestrator: { registryAddress: '127.0.0.1:${address.port}' }\n`);
    try {
      await assert.rejects(
        up(config),
        new RegExp(
          `did not start: orchestrator\\.registryAddress is 127\\.0\\.0\\.1:${address.port}, but port .* is in use`,
        ),
      );
      assert.equal(stackStatus(config).state, 'down');
    } finally {
      squatter.close();
    }
  });
});
