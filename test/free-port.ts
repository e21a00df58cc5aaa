import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below what a system gives to whoever asks for any port, and to connections that go out (Linux from
 * 32768, others from 49152). A server that a test stops finds its port free when it starts again.
 */
const lowest = 15_000;
const highest = 32_000;

/** A port on which nobody listens, and which nobody is given by chance. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
