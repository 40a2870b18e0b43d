// Every view is an address: how those are written.

export type Parameters = Readonly<Record<string, string | number | null | undefined>>;

/** Parameters without a value are left out. */
function link(path: readonly (string | number)[], parameters: Parameters = {}): string {
  const query = new URLSearchParams(
    Object.entries(parameters).flatMap(([key, value]): [string, string][] =>
      value === null || value === undefined || value === '' ? [] : [[key, String(value)]],
    ),
  ).toString();
  return `/${path.map((part) => encodeURIComponent(part)).join('/')}${query === '' ? '' : `?${query}`}`;
}

export const sweepLink = (sweep: string, parameters: Parameters = {}): string => link(['sweeps', sweep], parameters);
export const cellLink = (sweep: string, cell: number, parameters: Parameters = {}): string =>
  link(['sweeps', sweep, 'cells', cell], parameters);
export const compareLink = (sweep: string, a: string): string => link(['sweeps', sweep, 'compare'], { a });
export const queryLink = (name: string, parameters: Parameters): string => link(['queries', name], parameters);
export const csvLink = (name: string, parameters: Parameters): string => link(['queries', `${name}.csv`], parameters);
