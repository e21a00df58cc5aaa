const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` once when `signal` is aborted; gives the function that ends it.
 *
 * Hosts give one signal to many calls (that of a request, of the whole process). Node compares a
 * new listener of a signal with every one that is there, and prints a warning of a leak for more
 * than ten: so each signal has one of ours, which tells the others.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = listenersOf.get(signal) ?? listenTo(signal);
  // A wrapper, because the same function may be given twice and is then to be called twice.
  const own = (): void => listener();
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  listenersOf.set(signal, listeners);
  const tell = (): void => {
    for (const listener of listeners) listener();
    listeners.clear();
  };
  signal.addEventListener('abort', tell, { once: true });
  return listeners;
}

/**
 * What `work` comes to, or a rejection with the signal's reason as soon as that is aborted: a
 * host's function that hangs must not hold up whoever called it.
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
