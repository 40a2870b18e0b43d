// Secrets never leave through `lsweep config`, an error or a log. Passwords stand in URLs only; key files are named, not shown.

const HIDDEN = '***';

/** Also a URL too broken for a parser: everything between the scheme's user name and the last @ goes. */
export function redactUrl(text: string): string {
  return text
    .replace(/^([a-z0-9+.-]+:\/\/[^:/@\s]*):.*@/i, `$1:${HIDDEN}@`)
    .replace(/([?&](?:password|sslpassword|secret[^=]*|token)=)[^&\s]*/gi, `$1${HIDDEN}`);
}

/** The same structure with every URL redacted. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactUrl(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redact(inner)]));
}
