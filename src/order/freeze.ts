/**
 * Freezes a plain value and everything in it. Orders and events are shared between the cache, the
 * store, listeners and callers, so a change by one of them would be a change for all.
 */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key in value) deepFreeze(value[key]);
  return value;
}
