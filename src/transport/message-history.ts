type Headers = Readonly<Record<string, string>>;

/**
 * The header with the history of a message, in either mode, so that an inbox finds it without
 * reading the body.
 */
const historyHeader = 'ce-history';

/**
 * Returns the header for a history, or none for 0, which is the history of a message without one.
 */
export function historyHeaders(history: number): Headers {
  return history === 0 ? {} : { [historyHeader]: `${history}` };
}

/** Returns the history of a message, or 0 if it has none that is valid. */
export function historyOf(headers: Headers | undefined): number {
  const text = headers?.[historyHeader] ?? '';
  const history = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(history) ? history : 0;
}
