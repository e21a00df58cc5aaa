import { isIPv6 } from 'node:net';

/** The common share of all requests without an address. */
const unknownAddress = 'unknown';

/**
 * Returns the share that a request counts towards. For IPv6 that is the /64 network: a host usually
 * has all addresses of it, and could otherwise appear as any number of senders. Mapped IPv4 is the
 * same as IPv4.
 */
export function shareOf(address: string | undefined): string {
  if (typeof address !== 'string' || address === '') return unknownAddress;
  const bare = address.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(bare)) return bare.slice(0, 100);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  return mapped ?? `${networkOf(bare)}::/64`;
}

/** Returns the first four groups of an IPv6 address, which `::` may abbreviate. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const behind = tail === '' ? [] : tail.split(':');
    // IPv4 at the end, which stands for two groups, is never among the first four.
    while (groups.length + behind.length < 8) groups.push('0');
    groups.push(...behind);
  }
  return Array.from({ length: 4 }, (_, at) => Number.parseInt(groups[at] ?? '0', 16))
    .map((group) => group.toString(16))
    .join(':');
}
