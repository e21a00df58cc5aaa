const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` once when `signal` is aborted. Returns a function that removes the listener.
 *
 * Hosts pass one signal to many calls (a request's, the whole process's). Node compares a new
 * listener with every existing one of the signal and warns of a leak above ten, so each signal gets
 * only one listener here, which calls the others.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = listenersOf.get(signal) ?? listenTo(signal);
  // A wrapper, so that the same function passed twice is called twice.
  const own = (): void => listener();
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  listenersOf.set(signal, listeners);
  const callAll = (): void => {
    for (const listener of listeners) listener();
    listeners.clear();
  };
  signal.addEventListener('abort', callAll, { once: true });
  return listeners;
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as that is aborted: a host
 * function that hangs must not hang its caller.
 */
export function untilAborted<Result>(
  signal: AbortSignal,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const unlisten = onAbort(signal, () => reject(signal.reason));
    const call = async (): Promise<Result> => work();
    call().then(resolve, reject).finally(unlisten);
  });
}
