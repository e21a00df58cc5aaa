/**
 * Calls a hook of the host. Whatever the hook does, at once or later, changes nothing here: a promise
 * of an `async` hook that rejects would otherwise end the process.
 */
export function tell<Value>(hook: ((value: Value) => unknown) | undefined, value: Value): void {
  try {
    Promise.resolve(hook?.(value)).catch(() => undefined);
  } catch {
    // The hook has to deal with its own troubles.
  }
}
