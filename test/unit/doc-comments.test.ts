// Exports of these folders say what their signature cannot: what is done, units, the
// codes of the errors, whether a call may be repeated. A comment that only says the name again does not count.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';

const FOLDERS = ['services/store', 'services/orchestrator', 'services/cli'];
const SHARE_WITH_DOC = 0.8;
const WORDS_BEYOND_NAME = 4;
const MEMBERS_OF = new Set(['services/store/types.ts', 'services/store/reader-types.ts']);

interface Export {
  readonly where: string;
  readonly name: string;
  readonly doc: string;
}

const wordsOf = (text: string): readonly string[] => text.match(/[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])/g) ?? [];

/** A doc comment counts when it has at least four words that are not in the name. */
function saysSomething({ name, doc }: Export): boolean {
  const inName = new Set(wordsOf(name).map((word) => word.toLowerCase()));
  return wordsOf(doc).filter((word) => !inName.has(word.toLowerCase())).length >= WORDS_BEYOND_NAME;
}

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

function docOf(node: ts.Node, file: ts.SourceFile): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .filter((comment) => ts.isJSDoc(comment))
    .map((comment) => comment.getText(file))
    .join(' ');
}

function exportsOf(path: string, text: string): readonly Export[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const found: Export[] = [];
  const add = (name: string, node: ts.Node): void => {
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    found.push({ where: `${path}:${line}`, name, doc: docOf(node, file) });
  };
  for (const statement of file.statements) {
    if (!isExported(statement)) continue;
    if (ts.isVariableStatement(statement))
      for (const declared of statement.declarationList.declarations) add(declared.name.getText(file), statement);
    else if (
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement)
    ) {
      add(statement.name?.text ?? 'default', statement);
      if (MEMBERS_OF.has(path) && ts.isInterfaceDeclaration(statement))
        for (const member of statement.members) add(member.name?.getText(file) ?? 'index', member);
    }
  }
  return found;
}

const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();

for (const folder of FOLDERS)
  test(`at least ${SHARE_WITH_DOC * 100} of 100 exports of ${folder} have a doc comment that says more than their name`, () => {
    const all = sourcesIn(folder).flatMap((path) => exportsOf(path, readFileSync(path, 'utf8')));
    const silent = all.filter((one) => !saysSomething(one));
    const share = 1 - silent.length / all.length;
    const list = silent.map(({ where, name }) => `${where} ${name}`).join('\n');
    assert.ok(
      share >= SHARE_WITH_DOC,
      `${all.length - silent.length} of ${all.length} (${share.toFixed(2)}); without:\n${list}`,
    );
  });

test('a comment that says the name again does not count', () => {
  const said = exportsOf(
    'a.ts',
    '/** Close the trial. */\nexport function closeTrial() {}\n/** Closes once; a later call returns false. */\nexport const close = 1;\n// no\nexport type T = 1;',
  );
  assert.deepEqual(said.map(saysSomething), [false, true, false]);
});
