// ProsQA: the published files, the generator's statistics against the measured ones (docs/design/study.md section 6), leakage, broken files.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { draws } from '../../services/trainer/random/draws.ts';
import { builtInData } from '../../services/trainer/tasks/built-in-data.ts';
import { createTask, type Example, questionsOf } from '../../services/trainer/tasks/index.ts';
import { createProsqa, parseProsqa, problemKey } from '../../services/trainer/tasks/prosqa.ts';
import { drawProsqaGraph } from '../../services/trainer/tasks/prosqa-graph.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const prosqa = (settings: object = {}) => questionsOf(createTask(taskSchema.parse({ name: 'prosqa', ...settings })));
const folder = mkdtempSync(join(tmpdir(), 'prosqa-'));
after(() => rmSync(folder, { recursive: true }));

/** Facts of a problem as its text tells them: an oracle apart from the generator. */
function readProblem({ question, steps, answer }: Example) {
  const children = new Map<string, string[]>();
  for (const [, parent = '', child = ''] of question.matchAll(/(?:Every )?(\w+) is a (\w+)\./g)) {
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const [, root = '', left = '', right = ''] = /Is (\w+) a (\w+) or (\w+)\?$/.exec(question) ?? [];
  const distances = new Map([[root, 0]]);
  for (const [node, distance] of distances) {
    for (const child of children.get(node) ?? []) if (!distances.has(child)) distances.set(child, distance + 1);
  }
  const target = /a (\w+)\.$/.exec(answer)?.[1] ?? '';
  return { children, root, options: [left, right], distances, target, steps };
}

function assertSound(example: Example): void {
  const { children, root, options, distances, target, steps } = readProblem(example);
  assert.equal(example.answer, `${root} is a ${target}.`);
  assert.ok(options.includes(target));
  const [wrong = ''] = options.filter((option) => option !== target);
  assert.ok(!distances.has(wrong), 'the wrong option cannot be reached');
  assert.equal(distances.get(target), steps.length, 'the steps are a shortest path');
  for (const option of options) assert.ok(!children.has(option), 'both options are sinks');
  let at = root;
  for (const step of steps) {
    assert.ok(example.question.includes(step));
    const [, from, to = ''] = /(?:Every )?(\w+) is a (\w+)\./.exec(step) ?? [];
    assert.equal(from, at);
    at = to;
  }
  assert.equal(at, target);
}

describe('ProsQA', () => {
  test('the published splits are read whole and every problem of theirs is sound', () => {
    const { splits } = prosqa();
    assert.equal(splits.valid.size, 300);
    assert.equal(splits.test.size, 500);
    for (let i = 0; i < 500; i++) assertSound(splits.test.example(i));
  });

  test('generated problems are sound, with names for nodes without parents', () => {
    const { splits } = prosqa({ train: 400 });
    for (let i = 0; i < 400; i++) assertSound(splits.train.example(i));
  });

  test('generated graphs are those of generator version 1', () => {
    const hash = createHash('sha256');
    for (const nodes of [5, 6, 12, 22.8, 60]) {
      for (const balanced of [false, true]) {
        for (let i = 0; i < 40; i++) hash.update(JSON.stringify(drawProsqaGraph(draws('fixed', i), nodes, balanced)));
      }
    }
    assert.equal(hash.digest('hex'), '160109bc07780ed9db2c5f3ec742a1790d90ff6945b5dde7082832b3816e1a8d');
  });

  test('generated graphs have the statistics of the published ones', () => {
    const count = 4_000;
    const graphs = Array.from({ length: count }, (_, i) => drawProsqaGraph(draws('statistics', i), 22.8));
    const mean = (of: (graph: (typeof graphs)[number]) => number) =>
      graphs.reduce((sum, graph) => sum + of(graph), 0) / count;
    const near = (found: number, measured: number, tolerance: number, what: string) =>
      assert.ok(Math.abs(found - measured) <= tolerance, `${what}: ${found} against ${measured}`);
    near(
      mean(({ nodes }) => nodes),
      22.8,
      0.3,
      'nodes',
    );
    near(
      mean(({ edges }) => edges.length),
      36,
      1,
      'edges',
    );
    near(
      mean(({ root }) => root),
      0.64,
      0.07,
      'root is node 1',
    );
    for (const [steps, share] of [
      [3, 0.407],
      [4, 0.438],
      [5, 0.131],
      [6, 0.024],
    ] as const) {
      near(
        mean(({ path }) => (path.length - 1 === steps ? 1 : 0)),
        share,
        0.05,
        `${steps} steps`,
      );
    }
    const degrees = graphs.flatMap(({ nodes, edges }) => {
      const degree = new Array<number>(nodes).fill(0);
      for (const [, child] of edges) degree[child] = (degree[child] ?? 0) + 1;
      return degree.slice(2);
    });
    for (const [degree, share] of [
      [0, 0.027],
      [1, 0.479],
      [2, 0.304],
      [3, 0.133],
      [4, 0.042],
      [5, 0.011],
    ] as const) {
      near(degrees.filter((d) => d === degree).length / degrees.length, share, 0.015, `in-degree ${degree}`);
    }
  });

  test('question lengths and the place of the right option are like the published ones', () => {
    const { splits } = prosqa({ train: 1_000 });
    const examples = Array.from({ length: 1_000 }, (_, i) => splits.train.example(i));
    const length = examples.reduce((sum, { question }) => sum + question.length, 0) / examples.length;
    assert.ok(Math.abs(length - 930) < 60, `mean length ${length}`);
    const first = examples.filter((example) => readProblem(example).options[0] === readProblem(example).target);
    assert.ok(Math.abs(first.length / examples.length - 0.5) < 0.05);
  });

  test('no training problem is a held-out one, in any order of its facts, for large and small graphs', () => {
    for (const settings of [{ train: 2_000 }, { train: 2_000, nodes: 6, valid: 100, test: 100 }]) {
      const { splits } = prosqa(settings);
      const heldOut = new Set<string>();
      for (const split of [splits.valid, splits.test]) {
        for (let i = 0; i < split.size; i++) heldOut.add(problemKey(split.example(i)));
      }
      assert.equal(heldOut.size, splits.valid.size + splits.test.size, 'held-out problems are distinct');
      for (let i = 0; i < splits.train.size; i++) assert.ok(!heldOut.has(problemKey(splits.train.example(i))));
    }
  });

  test('small graphs come with small held-out splits that are generated and sound', () => {
    const { splits } = prosqa({ nodes: 8, train: 50, valid: 50, test: 50 });
    for (const split of Object.values(splits)) {
      for (let i = 0; i < split.size; i++) assertSound(split.example(i));
    }
    assert.ok(splits.test.example(0).question.length < 600);
  });

  test('balanced options are equally deep below their roots, and either root is asked about', () => {
    const graphs = Array.from({ length: 400 }, (_, i) => drawProsqaGraph(draws('balanced', 1, i), 7, true));
    for (const { edges, root, target, distractor, path } of graphs) {
      const depth = depthBelow(root === 0 ? 1 : 0, distractor, edges);
      assert.equal(depthBelow(root, target, edges), path.length - 1);
      assert.equal(depth, path.length - 1);
      assert.equal(depthBelow(root, distractor, edges), null, 'the distractor is below the other root alone');
    }
    const asked = graphs.filter(({ root }) => root === 0).length / graphs.length;
    assert.ok(asked > 0.4 && asked < 0.6, `root 0 in ${asked}`);
    const task = prosqa({ nodes: 7, balanced: true, train: 20, valid: 20, test: 20 });
    assertSound(task.splits.test.example(0));
    assert.notEqual(task.dataHash, prosqa({ nodes: 7, train: 20, valid: 20, test: 20 }).dataHash);
  });

  test('examples are a pure function of settings and index', () => {
    const forwards = prosqa({ train: 20 }).splits.train;
    const backwards = prosqa({ train: 20 }).splits.train;
    const reversed = Array.from({ length: 20 }, (_, i) => backwards.example(19 - i)).reverse();
    assert.deepEqual(
      Array.from({ length: 20 }, (_, i) => forwards.example(i)),
      reversed,
    );
    assert.notDeepEqual(forwards.example(0), prosqa({ train: 20, dataSeed: 2 }).splits.train.example(0));
    assert.notEqual(prosqa().dataHash, prosqa({ dataSeed: 2 }).dataHash);
  });

  test('an answer is judged as text; guessing between two options is the chance level', () => {
    const task = prosqa();
    const example = task.splits.test.example(0);
    assert.equal(task.chance, 0.5);
    assert.ok(task.verify(` ${example.answer}\n`, example));
    assert.ok(!task.verify(example.answer.slice(0, -1), example));
    assert.ok(!task.verify('', example));
  });

  test('a training file is read in the published format', () => {
    const path = join(folder, 'train.json');
    writeFileSync(path, builtInData('prosqa-valid.json.gz').text);
    const task = prosqa({ trainFile: path });
    assert.equal(task.splits.train.size, 300);
    assert.notEqual(task.dataHash, prosqa().dataHash);
  });

  test('bad files are refused by name and line', () => {
    const refused = (text: string, pattern: RegExp) => {
      assert.throws(
        () => parseProsqa({ path: 'my.json', text, sha256: '' }),
        (error) => error instanceof LatentSweepError && error.code === 'DATA_INVALID' && pattern.test(error.message),
      );
    };
    refused('[\n{"question": "q"\n', /my\.json, line 3: not JSON/);
    refused('{}', /my\.json, line 1: not a JSON list/);
    const good = '{"question": "q?", "answer": "[a]", "steps": []}';
    refused(`[\n${good},\n${good},\n{"question": "q?", "answer": 1, "steps": []}]`, /line 4: problem 2, key answer/);
    assert.throws(
      () => prosqa({ trainFile: join(folder, 'missing.json') }),
      (error) =>
        error instanceof LatentSweepError && error.code === 'DATA_MISSING' && /missing\.json/.test(error.message),
    );
    assert.throws(
      () => createProsqa({ ...taskSchema.parse({ name: 'prosqa' }), name: 'prosqa', test: 501 } as never),
      /task\.test: 501 asked, 500 published/,
    );
  });
});

/** Edges of the shortest way from a root down to a node; null when there is none. */
function depthBelow(root: number, node: number, edges: readonly (readonly [number, number])[]): number | null {
  let reached = new Set([root]);
  for (let depth = 0; reached.size > 0; depth++) {
    if (reached.has(node)) return depth;
    reached = new Set(edges.flatMap(([parent, child]) => (reached.has(parent) ? [child] : [])));
  }
  return null;
}
