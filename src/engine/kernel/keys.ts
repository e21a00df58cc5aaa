// Names of orders and commands in maps. The lengths come first, so that no two different pairs
// give one name, whatever characters ids hold: ('a', 'bc') and ('ab', 'c') stay apart.

/** The name of one tenant's order. */
export function laneKey(tenantId: string, orderId: string): string {
  return `${tenantId.length}:${tenantId}${orderId}`;
}

/** The name of one command's identity. */
export function identityKey(tenantId: string, scope: string, key: string): string {
  return `${tenantId.length}:${scope.length}:${tenantId}${scope}${key}`;
}
