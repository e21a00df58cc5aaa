/**
 * Calls a hook of the host and ignores its failures. A rejected promise of an `async` hook would
 * otherwise end the process.
 */
export function tell<Value>(hook: ((value: Value) => unknown) | undefined, value: Value): void {
  try {
    Promise.resolve(hook?.(value)).catch(() => undefined);
  } catch {
    // Failures of the hook are ignored.
  }
}
