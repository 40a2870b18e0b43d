// `hf:owner/name@revision`: a model of the Hugging Face hub. The revision is a branch, a tag or a commit; left out, it is `main`.

import { LatentSweepError } from '../../../../workflows/domain/errors.ts';

export interface HubName {
  /** As written, for messages. */
  readonly text: string;
  readonly repo: string;
  readonly revision: string;
}

const SCHEME = 'hf:';
const PART = String.raw`[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?`;
const NAME = new RegExp(String.raw`^hf:(?<repo>${PART}/${PART})(?:@(?<revision>${PART}(?:/${PART})*))?$`);
const COMMIT = /^[0-9a-f]{40}$/;

export const isHubName = (weights: string): boolean => weights.startsWith(SCHEME);

/** A full commit names content for ever; a branch or tag may move. */
export const isCommit = (revision: string): boolean => COMMIT.test(revision);

/** @throws LatentSweepError CONFIG_INVALID */
export function parseHubName(text: string): HubName {
  const { repo, revision } = NAME.exec(text)?.groups ?? {};
  if (repo === undefined || text.includes('..')) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `model.weights: ${text} is no hub name; write hf:owner/name@revision, for instance hf:openai-community/gpt2@main`,
      { key: 'model.weights', value: text },
    );
  }
  return { text, repo, revision: revision ?? 'main' };
}
