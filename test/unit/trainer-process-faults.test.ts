// What the trainer process says when something is wrong, and that it stays usable or ends as it should.

import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type TrainerCommand, trainerEntry, trainerExecArgv } from '../../services/trainer/index.ts';
import { job, TrainerChild, tiny } from './trainer-child.ts';

describe('a faulty job', () => {
  let trainer: TrainerChild;
  before(() => {
    trainer = new TrainerChild();
  });
  after(() => trainer.dispose());

  const failed = (run: { readonly last: unknown }) =>
    run.last as { kind: string; code: string; failure: string; sentence: string };

  test('of the wrong form is refused by key', async () => {
    const sent = job(trainer.folder, tiny.base());
    const wrong = { ...sent, threads: 0 };
    const run = failed(await trainer.run(wrong));
    assert.deepEqual([run.kind, run.code, run.failure], ['failed', 'CONFIG_INVALID', 'bad_config']);
    assert.match(run.sentence, /job\.threads/);
    const unknown = failed(await trainer.run({ ...sent, config: { ...sent.config, layerz: 3 } } as never));
    assert.match(unknown.sentence, /layerz/);
  });

  test('a divergent run fails as NAN_LOSS with the steps before it committed', async () => {
    const run = await trainer.run(job(trainer.folder, tiny.base({ lr: 1e30, warmupSteps: 0 })));
    const { code, failure } = failed(run);
    assert.deepEqual([code, failure], ['NAN_LOSS', 'nan_loss']);
    assert.equal(run.segments.at(-1)?.toStep, run.segments.length);
    assert.ok(run.segments.length < 12);
  });

  test('a damaged or foreign checkpoint fails as CHECKPOINT_DAMAGED', async () => {
    const good = await trainer.run(job(trainer.folder, tiny.base()));
    const resume = good.checkpoint;
    assert.ok(resume !== null);
    const foreign = await trainer.run(job(trainer.folder, tiny.base(), { resume, phaseKey: 'another' }));
    assert.equal(failed(foreign).code, 'CHECKPOINT_DAMAGED');
    writeFileSync(resume.path, 'damaged');
    assert.equal(failed(await trainer.run(job(trainer.folder, tiny.base(), { resume }))).code, 'CHECKPOINT_DAMAGED');
  });

  test('a full disk fails as DISK_FULL and leaves the checkpoints before', async () => {
    const full = job(trainer.folder, tiny.base());
    mkdirSync(join(full.workDir, 'checkpoints'));
    symlinkSync('/dev/full', join(full.workDir, 'checkpoints', '.step-000000003.safetensors.tmp'));
    const run = await trainer.run(full);
    assert.deepEqual([failed(run).code, failed(run).failure], ['DISK_FULL', 'artifact_store']);
    assert.equal(run.checkpoint?.step, 2);
    const rest = await trainer.run(job(trainer.folder, tiny.base(), { resume: run.checkpoint }));
    const whole = await trainer.run(job(trainer.folder, tiny.base()));
    assert.equal(
      rest.result.weightsSha256,
      whole.result.weightsSha256,
      'the process went on as if nothing had happened',
    );
  });

  test('weights that know another tokenizer are refused', async () => {
    const { checkpoint } = await trainer.run(job(trainer.folder, tiny.base()));
    const run = await trainer.run(job(trainer.folder, tiny.finetune({ tokenizer: 'words' }), { parent: checkpoint }));
    assert.deepEqual([failed(run).code, /another tokenizer/.test(failed(run).sentence)], ['WEIGHTS_INVALID', true]);
  });

  test('a stop without a phase changes nothing', async () => {
    trainer.send({ kind: 'stop', mode: 'now' });
    assert.equal((await trainer.run(job(trainer.folder, tiny.base()))).last?.kind, 'completed');
  });
});

describe('the end of the process', () => {
  test('comes on request, and when the channel closes', async () => {
    for (const end of [(t: TrainerChild) => t.send({ kind: 'exit' }), (t: TrainerChild) => t.child.disconnect()]) {
      const trainer = new TrainerChild();
      try {
        await trainer.until(({ kind }) => kind === 'ready');
        end(trainer);
        assert.equal(await trainer.exited(), 0);
      } finally {
        await trainer.dispose();
      }
    }
  });

  test('comes when the parent is killed, in the middle of a phase too', async () => {
    const trainer = new TrainerChild();
    try {
      const run = trainer.run(job(trainer.folder, tiny.base({ steps: 100_000 })), (event) => {
        if (event.kind === 'segment' && event.toStep === 2) trainer.child.disconnect();
      });
      await assert.rejects(run, /the trainer ended/);
      assert.equal(await trainer.exited(), 0);
    } finally {
      await trainer.dispose();
    }
  });

  test('comes at once, with a reason, when it is started without a channel', () => {
    assert.throws(
      () => execFileSync(process.execPath, [...trainerExecArgv, trainerEntry], { stdio: 'pipe', encoding: 'utf8' }),
      (error) => error instanceof Error && /IPC channel/.test(error.message),
    );
  });

  test('comes when a second phase is sent while one runs', async () => {
    const trainer = new TrainerChild();
    try {
      const command: TrainerCommand = { kind: 'run', job: job(trainer.folder, tiny.base({ steps: 100_000 })) };
      trainer.send(command);
      await trainer.until(({ kind }) => kind === 'segment');
      trainer.send(command);
      assert.equal(await trainer.exited(), 2);
    } finally {
      await trainer.dispose();
    }
  });
});

test('the entry runs from any working directory', async () => {
  const child = fork(trainerEntry, { execArgv: [...trainerExecArgv], cwd: '/', stdio: 'pipe' });
  const ready = await new Promise((resolve) => child.once('message', resolve));
  assert.equal((ready as { kind: string }).kind, 'ready');
  child.disconnect();
  await new Promise((resolve) => child.once('exit', resolve));
});
