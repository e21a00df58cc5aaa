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
