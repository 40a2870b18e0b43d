// The changelog: every release has its version and its date, and what is to come has a section above.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

test('the newest release in the changelog is the version of the package, with its date', () => {
  const [first, ...releases] = [...read('CHANGELOG.md').matchAll(/^## \[(.+?)\](.*)$/gm)];
  assert.equal(first?.[0], '## [Unreleased]');
  assert.ok(releases.length > 0);
  for (const [heading] of releases) assert.match(heading, /^## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
  for (const file of ['package.json', 'package-lock.json']) {
    const { version } = JSON.parse(read(file)) as { version: string };
    assert.equal(releases[0]?.[1], version, file);
  }
});
