// Whether Postgres' driver will understand a URL. Checked here because the driver throws raw errors of the URL parser, which name no key.

export function isPostgresUrl(text: string): boolean {
  // the driver reads a socket's folder as the host: postgres://%2Fvar%2Frun/database
  const parts = URL.canParse(text) ? new URL(text) : null;
  if (parts === null) return false;
  return [parts.username, parts.password, parts.hostname, parts.pathname, parts.search].every(isPercentEncoded);
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
