// The options that every call of the hub library takes.

import type { HubOptions } from './options.ts';

export interface HubParameters {
  readonly hubUrl?: string;
  readonly accessToken?: string;
  readonly fetch: typeof fetch;
}

export function hubParameters({ hubUrl, accessToken, signal }: HubOptions): HubParameters {
  return {
    ...(hubUrl === null ? {} : { hubUrl: hubUrl.replace(/\/+$/, '') }),
    ...(accessToken === null ? {} : { accessToken }),
    fetch: (input, init) => fetch(input, signal === null ? init : { ...init, signal }),
  };
}
