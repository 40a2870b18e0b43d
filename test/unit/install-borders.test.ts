import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

// A rule that nothing can break is no rule: each border is crossed once, in a small tree with the project's own configuration.

const root = fileURLToPath(new URL('../../', import.meta.url));

/** rule -> file that crosses it -> its import */
const CROSSINGS: Readonly<Record<string, readonly [file: string, statement: string]>> = {
  'no-cycles': ['services/store/one.ts', "import type { Two } from './two.ts'; export type One = Two;"],
  'workflows-are-deterministic': ['workflows/clock.ts', "import 'node:fs';"],
  'workflows-use-few-packages': ['workflows/db.ts', "import 'pg';"],
  'workflows-import-no-services': ['workflows/service.ts', "import '../services/store/index.ts';"],
  'domain-is-pure': ['workflows/domain/impure.ts', "import '@temporalio/workflow';"],
  'domain-imports-only-itself': ['workflows/domain/upward.ts', "import '../clock.ts';"],
  'services-meet-at-their-index': ['services/orchestrator/inside.ts', "import '../store/one.ts';"],
  'infra-and-workflows-meet-services-at-their-index': [
    'infra/schema/inside.ts',
    "import '../../services/store/one.ts';",
  ],
  'rooms-meet-at-their-index': ['services/tensor/onnx/inside.ts', "import '../graph/inside.ts';"],
  'study-is-pure': ['services/study/plan/impure.ts', "import 'pg';"],
  'study-uses-no-node': ['services/study/plan/files.ts', "import 'node:fs';"],
  'tensor-knows-no-study': ['services/tensor/graph/upward.ts', "import '../../trainer/index.ts';"],
  'native-runtime-only-in-tensor': ['services/gpu-worker/native.ts', "import 'onnxruntime-node';"],
  'trainer-knows-no-orchestration': ['services/trainer/rpc.ts', "import '@grpc/grpc-js';"],
  'trainer-imports-no-service': ['services/trainer/store.ts', "import '../store/index.ts';"],
  'worker-knows-neither-temporal-nor-postgres': ['services/gpu-worker/db.ts', "import 'pg';"],
  'libraries-do-not-look-up': ['services/store/upward.ts', "import '../orchestrator/index.ts';"],
  'only-the-command-line-uses-the-local-stack': ['services/orchestrator/infra.ts', "import '../local-stack/index.ts';"],
  'no-test-code-in-the-product': ['services/orchestrator/test.ts', "import '../../test/unit/x.ts';"],
  'declared-packages-only': ['services/orchestrator/chance.ts', "import 'pg-types';"],
  'no-development-packages-in-the-product': ['services/orchestrator/dev.ts', "import 'fast-check';"],
  'everything-resolves': ['services/orchestrator/absent.ts', "import './nowhere.ts';"],
};
/** What must stay allowed, or the rules would only get in the way. */
const ALLOWED: Readonly<Record<string, string>> = {
  'workflows/fine.ts': "import '@temporalio/workflow'; import './domain/fine.ts';",
  'workflows/domain/fine.ts': "import 'zod';",
  'services/trainer/fine.ts':
    "import 'node:fs'; import '../tensor/graph/index.ts'; import '../../workflows/domain/fine.ts';",
  'services/tensor/runtime/fine.ts': "import 'onnxruntime-node'; import 'node:fs'; import '../graph/index.ts';",
  'services/orchestrator/fine.ts': "import 'pg'; import '@temporalio/worker'; import '../store/index.ts';",
  'services/gpu-worker/fine.ts': "import 'nice-grpc'; import '../../workflows/domain/fine.ts';",
};

const reportSchema = z.object({
  summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }),
});
let folder: string;
let violations: ReadonlySet<string>;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsweep-borders-'));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\nexport {};\n`);
  };
  for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs'])
    copyFileSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, text] of [...Object.values(CROSSINGS), ...Object.entries(ALLOWED)]) write(file, text);
  write('services/store/two.ts', "import type { One } from './one.ts'; export type Two = One;");
  write('services/tensor/graph/inside.ts', '');
  for (const file of [
    'services/store/index.ts',
    'services/orchestrator/index.ts',
    'services/local-stack/index.ts',
    'services/tensor/graph/index.ts',
    'services/trainer/index.ts',
    'test/unit/x.ts',
  ])
    write(file, '');
  const program = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const args = [
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'json',
    'services',
    'workflows',
    'infra',
    'test',
  ];
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64e6,
  });
  assert.notEqual(stdout, '', stderr);
  const { summary } = reportSchema.parse(JSON.parse(stdout));
  violations = new Set(summary.violations.map(({ rule, from }) => `${rule.name} ${from}`));
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const [rule, [file]] of Object.entries(CROSSINGS)) {
  test(`the border ${rule} is held`, () => {
    assert.ok(violations.has(`${rule} ${file}`), [...violations].join('\n'));
  });
}

test('what the borders allow passes', () => {
  const refused = [...violations].filter((violation) =>
    Object.keys(ALLOWED).some((file) => violation.endsWith(` ${file}`)),
  );
  assert.deepEqual(refused, []);
});
