import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { OrderchartError } from '../errors.ts';
import type { AddressPolicy } from './addresses.ts';

/**
 * Resolves names to allowed addresses only. The system connects to exactly the returned addresses,
 * so a name that resolves to one address when it is checked and to another when it is used (DNS
 * rebinding) cannot bypass the check.
 */
export function guardedLookup(lookup: LookupFunction, isAllowed: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, address, family) => {
      if (error) return callback(error, []);
      const allowed = listOf(address, family).filter((found) => isAllowed(found.address));
      const [first] = allowed;
      if (first === undefined) callback(addressRefused(hostname), []);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** A lookup of the host may ignore `all`. */
function listOf(address: string | LookupAddress[], family: number | undefined): LookupAddress[] {
  if (typeof address !== 'string') return address;
  return [{ address, family: family ?? (address.includes(':') ? 6 : 4) }];
}

/** For a name that has no allowed address. */
function addressRefused(hostname: string): OrderchartError {
  return new OrderchartError(
    'transportRefused',
    `The webhook's host ${hostname} has no public address. If this is intended, allow its addresses ` +
      '(allowedAddresses).',
    { details: { hostname } },
  );
}
