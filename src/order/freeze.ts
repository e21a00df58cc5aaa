/**
 * Freezes a plain value and everything in it. The cache, the store, listeners and callers share
 * orders and events, so a change made by one of them would affect all.
 */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key in value) deepFreeze(value[key]);
  return value;
}
