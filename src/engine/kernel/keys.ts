// Keys of orders and commands in maps. The lengths come first, so that different parts never make
// the same key, whatever characters the ids have: ('a', 'bc') differs from ('ab', 'c').

/** The key of a tenant's order. */
export function laneKey(tenantId: string, orderId: string): string {
  return `${tenantId.length}:${tenantId}${orderId}`;
}

/** The key of a command's identity. */
export function identityKey(tenantId: string, scope: string, key: string): string {
  return `${tenantId.length}:${scope.length}:${tenantId}${scope}${key}`;
}
