/** The longest name that a message may have as the key of a command. */
const maximumLength = 200;

/**
 * What names an event of somebody else's: its source and its id together. Two sources may use the
 * same id (CloudEvents 1.0, section 3.1.1), and the event of one would pass for the other's, repeated.
 */
export function eventIdentity(headers: ReadonlyMap<string, string>): string | undefined {
  const [id, source] = [headers.get('ce-id'), headers.get('ce-source')];
  if (id === undefined || source === undefined) return id;
  return `${source}#${id}`.slice(-maximumLength);
}
