// Every view is an address: how those are written.

export type Parameters = Readonly<Record<string, string | number | null | undefined>>;

/** Those that have a value, as texts. */
export function givenOf(parameters: Parameters): [name: string, value: string][] {
  return Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)]],
  );
}

function link(path: readonly (string | number)[], parameters: Parameters = {}): string {
  const query = new URLSearchParams(givenOf(parameters)).toString();
  return `/${path.map((part) => encodeURIComponent(part)).join('/')}${query === '' ? '' : `?${query}`}`;
}

export const sweepLink = (sweep: string): string => link(['sweeps', sweep]);
export const cellLink = (sweep: string, cell: number): string => link(['sweeps', sweep, 'cells', cell]);
export const compareLink = (sweep: string, a: string): string => link(['sweeps', sweep, 'compare'], { a });
export const queryLink = (name: string, parameters: Parameters): string => link(['queries', name], parameters);
export const csvLink = (name: string, parameters: Parameters): string => link(['queries', `${name}.csv`], parameters);
