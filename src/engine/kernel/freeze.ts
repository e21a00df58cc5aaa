/**
 * Freezes a plain value and everything in it. Events and orders are shared between the cache, the
 * store, listeners and callers; one that changed them would change them for all.
 */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key in value) deepFreeze(value[key]);
  return value;
}
