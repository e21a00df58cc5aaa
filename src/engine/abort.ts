import { setMaxListeners } from 'node:events';

/**
 * Calls `listener` once when `signal` is aborted; gives the function that ends it.
 *
 * Hosts give one signal to many calls (that of a request, of the whole process), and Node would
 * print a warning of a leak for more than ten listeners; ours are taken away when their call ends.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
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
