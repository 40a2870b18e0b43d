// What a report says of the program that wrote it: version, and the commit where the program runs from a checkout.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../program/index.ts';
import type { ReportSource } from '../report/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The commit is null outside of a checkout or without git; it never fails. */
export async function reportSource(writtenAt: Date): Promise<ReportSource> {
  return { version: packageVersion(), commit: await checkedOutCommit(), writtenAt };
}

/** @returns null without git, or where the program does not lie in a checkout */
function checkedOutCommit(): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('git', ['-C', ROOT, 'rev-parse', '--verify', 'HEAD'], (error, stdout) =>
      resolve(error === null ? stdout.trim() : null),
    );
  });
}
