/** Those of a message. */
type Headers = Readonly<Record<string, string>>;

/**
 * The header that names the history that a message comes from, in either mode: what an inbox orders
 * by must be found without reading the body.
 */
const historyHeader = 'ce-history';

/** The header for a history; none for 0, which is what a message without one counts as. */
export function historyHeaders(history: number): Headers {
  return history === 0 ? {} : { [historyHeader]: `${history}` };
}

/** The history that a message says it comes from; 0 when it says none that could be one. */
export function historyOf(headers: Headers | undefined): number {
  const text = headers?.[historyHeader] ?? '';
  const history = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(history) ? history : 0;
}
