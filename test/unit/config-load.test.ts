import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  artifactsUrl,
  endpoints,
  LEAVES,
  loadConfig,
  markOf,
  redact,
  redactUrl,
  runningStack,
  type StackRecord,
  stackRecordPath,
} from '../../services/config/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lsweep-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function refusal(yaml: string, environment: Record<string, string> = {}): LatentSweepError {
  writeFileSync(join(dir, 'lsweep.yaml'), yaml);
  try {
    loadConfig({ dir, environment });
  } catch (error) {
    assert.ok(error instanceof LatentSweepError, String(error));
    assert.equal(error.code, 'CONFIG_INVALID');
    return error;
  }
  assert.fail(`not refused: ${yaml}`);
}

describe('defaults and precedence', () => {
  it('needs no file and then runs everything on this machine', () => {
    const config = loadConfig({ dir, environment: {} });
    assert.equal(config.file, null);
    assert.equal(config.stateDir, join(dir, '.lsweep'));
    assert.equal(config.postgres.url, null);
    assert.equal(config.temporal.namespace, 'default');
    assert.equal(config.worker.threads, 1);
  });

  it('takes the file beside the work before the one in the state folder, and the environment before both', () => {
    mkdirSync(join(dir, '.lsweep'));
    writeFileSync(join(dir, '.lsweep', 'config.yaml'), 'worker: { slots: 3 }\n');
    assert.equal(loadConfig({ dir, environment: {} }).worker.slots, 3);
    writeFileSync(join(dir, 'lsweep.yaml'), 'worker: { slots: 4, threads: 2 }\n');
    assert.equal(loadConfig({ dir, environment: {} }).worker.slots, 4);
    const config = loadConfig({ dir, environment: { LSWEEP_WORKER_SLOTS: '5' } });
    assert.deepEqual([config.worker.slots, config.worker.threads], [5, 2]);
  });

  it('reads the folder and the file that the environment names', () => {
    writeFileSync(join(dir, 'other.yaml'), 'log: { level: debug }\n');
    const config = loadConfig({ environment: { LSWEEP_DIR: dir, LSWEEP_CONFIG: 'other.yaml' } });
    assert.deepEqual([config.dir, config.file, config.log.level], [dir, join(dir, 'other.yaml'), 'debug']);
  });

  it('reads lists, null and empty variables', () => {
    const environment = { LSWEEP_WORKER_REGISTRIES: 'a:1, b:2', LSWEEP_WORKER_SLOTS: 'null', LSWEEP_LOG_LEVEL: '' };
    const config = loadConfig({ dir, environment });
    assert.deepEqual(config.worker.registries, ['a:1', 'b:2']);
    assert.deepEqual([config.worker.slots, config.log.level], [null, 'info']);
  });

  it('counts relative paths from the folder of the configuration', () => {
    const environment = { LSWEEP_TLS_CA: 'ca.pem', LSWEEP_TLS_CERT: '/etc/cert.pem', LSWEEP_TLS_KEY: 'tls/key.pem' };
    assert.deepEqual(loadConfig({ dir, environment }).tls, {
      ca: join(dir, 'ca.pem'),
      cert: '/etc/cert.pem',
      key: join(dir, 'tls/key.pem'),
    });
  });

  it('counts relative paths in a file from the folder of that file, wherever it lies', () => {
    mkdirSync(join(dir, 'elsewhere'));
    writeFileSync(
      join(dir, 'elsewhere', 'mine.yaml'),
      'stateDir: state\nsecretFile: ../secret\ntemporal: { binary: /opt/temporal, tls: { ca: ca.pem } }\n',
    );
    const environment = { LSWEEP_SECRET_FILE: 'other-secret' };
    const file = join('elsewhere', 'mine.yaml');
    const config = loadConfig({ dir, file, environment });
    assert.equal(config.stateDir, join(dir, 'elsewhere', 'state'));
    assert.equal(config.secretFile, join(dir, 'other-secret'));
    assert.equal(config.temporal.binary, '/opt/temporal');
    assert.equal(config.temporal.tls?.ca, join(dir, 'elsewhere', 'ca.pem'));
    assert.equal(loadConfig({ dir, file, environment: {} }).secretFile, join(dir, 'secret'));
    assert.match(refusal('secretFile: ""').message, /secretFile \(.*line 1\) is ""; allowed: not empty/);
  });

  it('gives every leaf a variable of its own', () => {
    const variables = LEAVES.map((leaf) => leaf.variable);
    assert.equal(new Set(variables).size, variables.length);
    assert.ok(variables.includes('LSWEEP_ORCHESTRATOR_REGISTRY_ADDRESS'));
    assert.ok(variables.includes('LSWEEP_TLS_CA'));
  });
});

describe('refusals', () => {
  it('name an unknown key, its line, the allowed keys and the nearest', () => {
    const { message, details } = refusal('log:\n  level: info\npostgres:\n  ulr: x\n');
    assert.match(
      message,
      /postgres\.ulr \(.*lsweep\.yaml line 4\) is an unknown key; allowed: url, readerUrl, readerTimeoutMs, poolSize; nearest: url/,
    );
    assert.equal(details['key'], 'postgres.ulr');
  });

  it('name a bad value, its variable and what is allowed', () => {
    const { message } = refusal('', { LSWEEP_LOG_LEVEL: 'inof' });
    assert.match(message, /log\.level \(LSWEEP_LOG_LEVEL\) is "inof"; allowed: trace, debug, info, .*; nearest: info/);
    assert.match(refusal('worker: { slots: 0 }').message, /worker\.slots \(.* line 1\) is 0; allowed: 1 or more/);
    assert.match(
      refusal('worker: { stallMs: 9007199254740993 }').message,
      /worker\.stallMs: 9007199254740993 is read as/,
    );
    assert.match(refusal('', { LSWEEP_WORKER_STALL_MS: '9007199254740993' }).message, /is "9007199254740993"; allowed/);
    assert.match(refusal('', { LSWEEP_WORKER_SLOTS: 'two' }).message, /is "two"; allowed: a value of type number/);
    assert.match(refusal('temporal: { address: localhost }').message, /"localhost"; allowed: host:port/);
  });

  it('name the URL that Postgres’ driver would not understand, without its password', () => {
    for (const bad of ['u:100%@127.0.0.1:1/db', 'u:p@127.0.0.1:notaport/db', 'u:p@127.0.0.1:70000/db', 'u:%zz@h/db']) {
      for (const [key, variable] of [
        ['postgres.url', 'LSWEEP_POSTGRES_URL'],
        ['postgres.readerUrl', 'LSWEEP_POSTGRES_READER_URL'],
      ] as const) {
        const { message } = refusal('', { [variable]: `postgres://${bad}` });
        assert.match(
          message,
          new RegExp(`^CONFIG_INVALID: ${key} \\(${variable}\\) is ".*"; allowed: a URL such as .*%25$`),
        );
        assert.ok(!message.includes('100%@') && !message.includes('%zz'), message);
      }
    }
    for (const good of [
      'u:100%25@127.0.0.1:5432/db',
      'u:p%40ss@h/db?sslmode=require',
      'h/db',
      '%2Fvar%2Frun/db',
      '/db?host=/run',
    ])
      assert.equal(
        loadConfig({ dir, environment: { LSWEEP_POSTGRES_URL: `postgres://${good}` } }).postgres.url,
        `postgres://${good}`,
      );
  });

  it('name an address whose port there cannot be', () => {
    const { message } = refusal('', { LSWEEP_TEMPORAL_ADDRESS: 'temporal.example:70000' });
    assert.match(message, /temporal\.address .*"temporal\.example:70000"; allowed: host:port with a port up to 65535/);
  });

  it('list every fault at once', () => {
    const { message, details } = refusal('worker: { slots: 0, thread: 2 }\nlogs: {}\n');
    assert.equal(message.split('\n').length, 3);
    assert.equal(details['count'], 3);
  });

  it('say what is wrong with YAML that cannot be read, with its line', () => {
    assert.match(refusal('log: {level: info\npostgres: x').message, /lsweep\.yaml line \d+: /);
    assert.match(refusal('- a\n').message, /holds no keys/);
    assert.match(
      refusal('postgres: nowhere\n').message,
      /postgres \(.*\) is "nowhere"; allowed: a section with the keys url/,
    );
  });

  it('name the nearest variable for a misspelt one', () => {
    const { message } = refusal('', { LSWEEP_POSTGRES_URI: 'postgres://x' });
    assert.match(message, /LSWEEP_POSTGRES_URI is unknown; nearest: LSWEEP_POSTGRES_URL/);
  });

  it('name a file that cannot be read, and one without end', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lsweep-config-'));
    assert.throws(
      () => loadConfig({ file: folder, environment: {} }),
      /CONFIG_INVALID: .*lsweep-config-.* cannot be read \(EISDIR/,
    );
    assert.throws(
      () => loadConfig({ file: '/dev/zero', environment: {} }),
      /CONFIG_INVALID: \/dev\/zero line 1: .*bytes/,
    );
    rmSync(folder, { recursive: true });
  });

  it('name a file that was asked for and is not there', () => {
    assert.throws(() => loadConfig({ dir, file: 'none.yaml', environment: {} }), /none\.yaml does not exist/);
  });

  it('do not show passwords', () => {
    const { message } = refusal('', { LSWEEP_POSTGRES_URL: 'http://me:hunter2@host/db' });
    assert.ok(!message.includes('hunter2'), message);
  });
});

describe('redaction', () => {
  it('keeps everything but the password', () => {
    assert.equal(redactUrl('postgres://me:p%40ss@host:5432/db?a=b'), 'postgres://me:***@host:5432/db?a=b');
    assert.equal(redactUrl('postgres://host/db?user=me&password=x&a=b'), 'postgres://host/db?user=me&password=***&a=b');
    assert.deepEqual(redact({ a: ['postgres://u:x@h'], b: null, c: 1 }), { a: ['postgres://u:***@h'], b: null, c: 1 });
  });

  it('hides every password', () => {
    const password = fc.string({ minLength: 4, maxLength: 20, unit: fc.constantFrom(...'abcXYZ019:@/?&%~é') });
    fc.assert(
      fc.property(password, (secret) => {
        assert.equal(redactUrl(`postgres://me:${secret}@host/db`), 'postgres://me:***@host/db');
      }),
    );
  });
});

describe('endpoints', () => {
  const record = (over: Partial<StackRecord>): StackRecord => ({
    version: 1,
    supervisor: markOf(process.pid),
    failure: null,
    configHash: '',
    postgresUrl: 'postgres://postgres:x@127.0.0.1:5001/latentsweep',
    readerUrl: 'postgres://reader:y@127.0.0.1:5001/latentsweep',
    temporalAddress: '127.0.0.1:5002',
    temporalUiUrl: null,
    registryAddresses: ['127.0.0.1:5003'],
    services: [],
    ...over,
  });
  const write = (value: unknown): void => {
    mkdirSync(join(dir, '.lsweep'), { recursive: true });
    writeFileSync(stackRecordPath(join(dir, '.lsweep')), JSON.stringify(value));
  };

  it('come from the running local stack', () => {
    write(record({}));
    const config = loadConfig({ dir, environment: {} });
    const found = endpoints(config);
    assert.equal(found.postgresUrl, 'postgres://postgres:x@127.0.0.1:5001/latentsweep');
    assert.equal(found.temporalAddress, '127.0.0.1:5002');
    assert.deepEqual(found.registryAddresses, ['127.0.0.1:5003']);
    assert.equal(found.artifactsUrl, `file://${dir}/.lsweep/artifacts`);
    assert.equal(artifactsUrl(config), found.artifactsUrl);
  });

  it('come from the configuration where it names them', () => {
    const environment = { LSWEEP_POSTGRES_URL: 'postgres://db/x', LSWEEP_TEMPORAL_ADDRESS: 't:7233' };
    const found = endpoints(loadConfig({ dir, environment }));
    assert.deepEqual([found.postgresUrl, found.temporalAddress], ['postgres://db/x', 't:7233']);
  });

  it('say that the stack is not up, also when its pid now belongs to another process', () => {
    const config = loadConfig({ dir, environment: {} });
    assert.throws(
      () => endpoints(config),
      /STORE_UNREACHABLE: the local stack in .* is not up and postgres\.url is not set/,
    );
    write(record({ supervisor: { pid: process.pid, started: 'another boot/1' } }));
    assert.equal(runningStack(config), null);
    assert.throws(() => endpoints(config), /not up/);
  });

  it('refuse a damaged record with its path', () => {
    write({ version: 7 });
    assert.throws(
      () => endpoints(loadConfig({ dir, environment: {} })),
      /stack\.json is damaged or of another version/,
    );
  });
});
