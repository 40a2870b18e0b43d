// SIGINT and SIGTERM as an error, so that scripts which started servers end them on their way out. A second signal ends at once.

class SignalledError extends Error {
  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Opens something, works with it and closes it however the work ends.
 *
 * @throws SignalledError once everything is closed; what `work` does afterwards nobody hears
 */
export async function unlessSignalled<Opened extends { close(): Promise<void> }, T>(
  open: () => Promise<Opened>,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => controller.abort(new SignalledError(signal));
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    const opened = await open();
    try {
      return await Promise.race([work(opened), aborted(controller.signal)]);
    } finally {
      await opened.close();
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** Rejects at once for a signal that came while it was opened. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = (): void => reject(signal.reason as Error);
    if (signal.aborted) refuse();
    else signal.addEventListener('abort', refuse, { once: true });
  });
}

/** For the main module of a script: prints the row and ends the process: 1 when it is not good, 130 when a signal ended it. */
export async function printRow<Row extends object>(row: Promise<Row>, isGood: (row: Row) => boolean): Promise<never> {
  try {
    const known = await row;
    process.stdout.write(`${JSON.stringify(known)}\n`);
    process.exit(isGood(known) ? 0 : 1);
  } catch (error) {
    if (!(error instanceof SignalledError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(130);
  }
}
