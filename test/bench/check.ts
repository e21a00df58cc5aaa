/** A figure is worth nothing when the work was not done: stops the benchmark when it was not. */
export function check(what: string, actual: unknown, expected: unknown): void {
  if (actual === expected) return;
  throw new Error(`The benchmark went wrong: ${what} is ${actual}, and should be ${expected}.`);
}
