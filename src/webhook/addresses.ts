import { BlockList, isIP } from 'node:net';
import { invalidOption } from '../options.ts';

/**
 * IPv4 addresses that are not public (IANA's registry of special-purpose addresses, RFC 6890),
 * including those of the metadata services of cloud providers.
 */
const specialIpv4 = [
  '0.0.0.0/8', // this host: Linux connects to localhost
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; one cloud's metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // one cloud's platform service, on a public address
  '169.254.0.0/16', // link-local; most clouds' metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; one cloud's metadata
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // relays from IPv6, deprecated
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
] as const;

/** The IPv6 addresses that are public (RFC 4291)... */
const globalIpv6 = ['2000::/3'] as const;

/** ...except these. */
const specialIpv6 = [
  '2001::/23', // protocol assignments; Teredo, which wraps IPv4
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which wraps IPv4
  '3fff::/20', // documentation
] as const;

/** IPv6 with an IPv4 address in the last 32 bits: mapped (RFC 4291) and NAT64 (RFC 6052). */
const wrappedIpv4 = ['::ffff:0:0/96', '64:ff9b::/96'] as const;

const special = subnets([...specialIpv4, ...specialIpv6]);
const global = subnets(globalIpv6);
const wrapped = subnets(wrappedIpv4);

export const allowedAddressesText =
  "must be 'any' or a list of addresses and subnets, such as 10.20.0.0/16";

/** Whether a request may go to an address, in the system's notation. */
export type AddressPolicy = (address: string) => boolean;

/**
 * Allows public addresses and those of the given subnets. For IPv6 the public ranges are listed,
 * for IPv4 the others, so that a special range of IPv6 assigned in the future is not allowed.
 *
 * @param allowed Subnets (`10.20.0.0/16`, `fd00::/8`, a single address), or `any` for all addresses.
 */
export function addressPolicy(allowed: readonly string[] | 'any'): AddressPolicy {
  if (allowed === 'any') return () => true;
  const extra = subnets(allowed);
  return (address) => {
    const bare = withoutZone(address);
    return isIP(bare) !== 0 && (isIn(extra, bare) || isPublic(bare));
  };
}

/** Whether an address is public. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !isIn(special, address);
  if (isIn(wrapped, address)) return isPublic(lastIpv4(address));
  return isIn(global, address) && !isIn(special, address);
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Removes the zone (`fe80::1%eth0`), which the list does not support. */
function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

/** Returns the last 32 bits of an IPv6 address as IPv4. */
function lastIpv4(address: string): string {
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0];
  if (dotted !== undefined) return dotted;
  const [high = 0, low = 0] = lastGroups(address);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** Returns the last two groups of an IPv6 address, which `::` may abbreviate. */
function lastGroups(address: string): readonly number[] {
  const groups = address.split(':').map((group) => Number.parseInt(group || '0', 16));
  return groups.slice(-2);
}

/** Throws `invalidArgument` for an invalid subnet. */
function subnets(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) addSubnet(list, text);
  return list;
}

function addSubnet(list: BlockList, text: string): void {
  const [address = '', bits, ...rest] = String(text).split('/');
  const family = isIP(address);
  const length = bits === undefined ? (family === 6 ? 128 : 32) : wholeNumber(bits);
  if (family === 0 || rest.length > 0 || length === undefined || length > (family === 6 ? 128 : 32))
    throw invalidOption('createWebhookTransport', 'allowedAddresses', allowedAddressesText);
  list.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}
