// The forms of values in the configuration, each with the words for what is allowed. What a key means stands in its description.

import { z } from 'zod';
import { isPostgresUrl } from './postgres-url.ts';

const DAY_MS = 86_400_000;

/** Milliseconds up to a day. */
export function duration(defaultMs: number, description: string, smallest = 1) {
  return z.int().min(smallest).max(DAY_MS).default(defaultMs).meta({ description, unit: 'ms' });
}

export const hostPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, 'host:port, for instance 10.0.0.5:7233; port 0 takes a free one')
  .refine((text) => Number(/\d+$/.exec(text)?.[0] ?? 0) <= 65_535, 'host:port with a port up to 65535')
  .meta({ allowed: 'host:port' });

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[::1\]):/i;

/** What is served in plain text to people of this machine. */
export const loopbackHostPort = hostPort
  .refine((text) => LOOPBACK.test(text), 'an address of this machine alone, such as 127.0.0.1:8420')
  .meta({ allowed: '127.0.0.1:port, localhost:port or [::1]:port' });

export const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/\S+$/, 'a URL such as postgres://user:password@host:5432/database')
  .refine(
    isPostgresUrl,
    'a URL such as postgres://user:password@host:5432/database, with a port up to 65535 and every % of its own written as %25',
  )
  .meta({ allowed: 'postgres://user:password@host:port/database' });

export const artifactsUrl = z
  .string()
  .regex(/^file:\/\/\/\S+$/, 'file:///absolute/folder, for several machines one that all of them share')
  .meta({ allowed: 'file:///absolute/folder' });

/** A file or folder; a relative one counts from the folder of the file that names it, or from the working folder when a variable names it. */
export const path = z.string().min(1).meta({ allowed: 'a path', isPath: true });

export const nodeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash and underscore, at most 63')
  .meta({ allowed: 'letters, digits, dot, dash and underscore, at most 63' });

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, '64 digits of 0 to 9 and a to f')
  .meta({ allowed: '64 digits of 0 to 9 and a to f' });
