/** The longest identity that fits the idempotency key of a command. */
const maximumLength = 200;

/**
 * Returns the identity of an event of another system: its source and its id together. Two sources
 * may use the same id (CloudEvents 1.0, section 3.1.1), and by the id alone the event of one would
 * count as a duplicate of the other.
 */
export function eventIdentity(headers: ReadonlyMap<string, string>): string | undefined {
  const [id, source] = [headers.get('ce-id'), headers.get('ce-source')];
  if (id === undefined || source === undefined) return id;
  return `${source}#${id}`.slice(-maximumLength);
}
