// What bash really completes with the script of `lsweep completion bash`, and that every shell's script knows every command.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bashScript } from '../../services/cli/completion/bash.ts';
import { fishScript } from '../../services/cli/completion/fish.ts';
import { completionPlaces } from '../../services/cli/completion/places.ts';
import { zshScript } from '../../services/cli/completion/zsh.ts';
import { buildProgram } from '../../services/cli/index.ts';
import { runCli } from './cli-child.ts';

const cwd = mkdtempSync(join(tmpdir(), 'lsweep-completion-'));
after(() => rmSync(cwd, { recursive: true }));
const places = completionPlaces(await buildProgram([]));
const script = join(cwd, 'lsweep.bash');
writeFileSync(script, bashScript(places));

/** What bash offers for the last of the words; `files` = it goes on with files. */
function offered(...words: readonly string[]): readonly string[] {
  const asked = `compopt() { echo files; }; source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lsweep; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--noprofile', '--norc', '-c', asked, 'bash', script, ...words];
  return execFileSync('bash', args, { cwd, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}

test('bash completes commands, also below a command and behind options of the program', () => {
  assert.deepEqual(offered('lsweep', 'pl'), ['plan']);
  assert.deepEqual(offered('lsweep', '--dir', 'up', '--json', 'pl'), ['plan']);
  assert.deepEqual(offered('lsweep', 'trainer', 'pro'), ['probe', 'profile']);
  assert.deepEqual(offered('lsweep', 'completion', ''), ['bash', 'zsh', 'fish']);
  assert.ok(offered('lsweep', '').length >= 20);
});

test('bash completes the options of the command that stands there, and their values', () => {
  const options = offered('lsweep', 'plan', '--');
  for (const option of ['--limit', '--slots', '--gflops', '--json', '--dir', '--help'])
    assert.ok(options.includes(option), `${option} of ${options.join(' ')}`);
  assert.ok(!options.includes('--phase') && !options.includes('--version'));
  assert.deepEqual(offered('lsweep', 'trainer', 'profile', '--phase', 'b'), ['base']);
  assert.deepEqual(offered('lsweep', 'plan', '--limit', ''), []);
});

test('bash goes on with files where a file is asked for, and nowhere else', () => {
  assert.deepEqual(offered('lsweep', 'plan', ''), ['files']);
  assert.deepEqual(offered('lsweep', 'ls', '--config', ''), ['files']);
  assert.deepEqual(offered('lsweep', 'show', ''), []);
});

test('the scripts of all shells know every command and option', () => {
  for (const text of [bashScript(places), zshScript(places), fishScript(places)]) {
    for (const { command, options } of places) {
      assert.ok(text.includes(command), command);
      for (const { flags } of options)
        for (const flag of flags) assert.ok(text.includes(flag.replace(/^-+/, '')), flag);
    }
  }
});

test('the command prints the script, and refuses a shell that it does not know', async () => {
  const [bash, other] = await Promise.all([
    runCli(['completion', 'bash'], { cwd }),
    runCli(['completion', 'csh'], { cwd }),
  ]);
  assert.deepEqual([bash.code, bash.stdout], [0, bashScript(places)]);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /Allowed choices are bash, zsh, fish/);
});
