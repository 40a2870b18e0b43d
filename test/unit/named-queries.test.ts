// Parameters in SQL: what is one, what only looks like one, and that no value can become more than a value.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryWords } from '../../services/cli/sql/query-words.ts';
import { bindParameters } from '../../services/named-queries/bind-parameters.ts';
import { findNamedQuery, namedStatement, ownStatement, readNamedQueries } from '../../services/named-queries/index.ts';
import { parseNamedQuery } from '../../services/named-queries/named-query.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const refused = (text: RegExp) => (error: unknown) =>
  error instanceof LatentSweepError && error.code === 'INPUT_INVALID' && text.test(error.message);
const X = new Map([['x', "'X'"]]);

test('what only looks like a parameter is left alone', () => {
  for (const sql of [
    "select '2026-01-01 10:x'",
    "select 'it''s :x'",
    String.raw`select e'\':x'`,
    'select ":x" from "a"":x"',
    'select 1 -- :x\n',
    'select /* :x */ 1',
    'select $$ :x $$, $body$ :x $body$',
    'select a::x',
    'select list[1:x]',
    'select list[i:x]',
  ])
    assert.deepEqual(bindParameters(sql, X), { sql, used: [], missing: [] });
});

test('a parameter is found wherever a value may stand', () => {
  assert.equal(bindParameters('where a=:x and b = (:x)::text', X).sql, "where a='X' and b = ('X')::text");
  assert.equal(bindParameters("select '::', :x", X).sql, "select '::', 'X'");
  assert.deepEqual(bindParameters('select :x, :y, :y', X).missing, ['y']);
});

test('no value becomes more than a value', () => {
  const hostile = "x' or true; drop table sweeps; --";
  assert.equal(
    ownStatement('select 1 where a = :name', new Map([['name', hostile]])),
    "select 1 where a = 'x'' or true; drop table sweeps; --'",
  );
  // a value with a colon is not looked at again
  assert.equal(
    ownStatement(
      'select :a, :b',
      new Map([
        ['a', ':b'],
        ['b', 'y'],
      ]),
    ),
    "select ':b', 'y'",
  );
  assert.throws(() => ownStatement('select :a', new Map([['a', 'x\0y']])), refused(/null character/));
});

test('named queries refuse what is missing, unknown or of another type, and say what there is', async () => {
  const queries = await readNamedQueries();
  const best = findNamedQuery(queries, 'best-cells');
  assert.match(namedStatement(best, new Map([['sweep', 's']])), /sweep = 's'::text[\s\S]*limit 10::integer/);
  assert.throws(() => namedStatement(best, new Map()), refused(/needs --sweep \(text\): Name of the sweep/));
  assert.throws(
    () =>
      namedStatement(
        best,
        new Map([
          ['sweep', 's'],
          ['limits', '3'],
        ]),
      ),
    refused(/no parameter --limits; did you mean limit\?; it has --sweep, --limit/),
  );
  for (const limit of ['', 'ten', '1e3', '1.5', '99999999999'])
    assert.throws(
      () =>
        namedStatement(
          best,
          new Map([
            ['sweep', 's'],
            ['limit', limit],
          ]),
        ),
      refused(/limit ".*": a whole number/),
    );
  assert.throws(() => findNamedQuery(queries, 'best-cell'), refused(/did you mean best-cells\?/));
  assert.throws(() => findNamedQuery(queries, 'zzzzzzzzzzzzzzzz'), refused(/no named query "z+"; lsweep sql --list/));
  const wrong = new Map([
    ['sweep', 's'],
    ['cell', '0'],
    ['only_wrong', 'yes'],
  ]);
  assert.throws(() => namedStatement(findNamedQuery(queries, 'predictions'), wrong), refused(/true or false/));
});

test('every file says its question, units, caveat and parameters, and uses each of them', async () => {
  for (const { name, sql, parameters, units, caveat } of await readNamedQueries()) {
    assert.ok(units.length > 5 && caveat.length > 5, name);
    assert.deepEqual(
      [...bindParameters(sql, new Map()).used].sort(),
      parameters.map((parameter) => parameter.name).sort(),
      name,
    );
    // about the stack, not about one sweep
    const isOfStack = ['fleet', 'running'].includes(name);
    assert.equal(parameters[0]?.name, isOfStack ? undefined : 'sweep', name);
    assert.match(sql, /\border by\b/, name);
  }
  assert.throws(() => parseNamedQuery('x', '-- question: a?\nselect 1'), /must open with one "-- units/);
});

test('the words of the command in any order', () => {
  const expected = {
    query: 'best-cells',
    given: new Map([
      ['sweep', 's'],
      ['only_wrong', '-1'],
    ]),
  };
  assert.deepEqual(queryWords(['best-cells', '--sweep', 's', '--only-wrong=-1']), expected);
  assert.deepEqual(queryWords(['--sweep=s', 'best-cells', '--only-wrong', '-1']), expected);
  assert.deepEqual(queryWords(['-']), { query: '-', given: new Map() });
  assert.throws(() => queryWords(['select', '1']), /one word too many/);
  assert.throws(() => queryWords(['x', '--sweep']), /--sweep has no value/);
  assert.throws(() => queryWords(['x', '--a', '1', '--a', '2']), /twice/);
});
