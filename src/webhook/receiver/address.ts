import { isIPv6 } from 'node:net';

/** All of whom no address is known have one share together. */
const unknownAddress = 'unknown';

/**
 * Whom a request counts to. Of IPv6 that is the network of 64 bits: whoever has one address of it
 * has all, and would else be as many senders as it likes. IPv4 within IPv6 is the same as IPv4.
 */
export function shareOf(address: string | undefined): string {
  if (typeof address !== 'string' || address === '') return unknownAddress;
  const bare = address.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(bare)) return bare.slice(0, 100);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  return mapped ?? `${networkOf(bare)}::/64`;
}

/** The first four groups of an IPv6 address, of which `::` may hide any. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const behind = tail === '' ? [] : tail.split(':');
    // Of IPv4 at the end, which stands for two groups, none is among the first four.
    while (groups.length + behind.length < 8) groups.push('0');
    groups.push(...behind);
  }
  return Array.from({ length: 4 }, (_, at) => Number.parseInt(groups[at] ?? '0', 16))
    .map((group) => group.toString(16))
    .join(':');
}
