import { connect } from 'node:net';
import { describe, it } from 'vitest';
import { pathOf } from './program-path.ts';

// Tests against real servers. Where one cannot be reached its tests are never passed over in
// silence: with CI=true the run fails, elsewhere each is reported as skipped under a title that
// says why.

const services = {
  postgres: {
    variable: 'ORDERCHART_TEST_POSTGRES_URL',
    url: 'postgres://postgres@127.0.0.1:5432/postgres',
    port: 5432,
  },
  nats: { variable: 'ORDERCHART_TEST_NATS_URL', url: 'nats://127.0.0.1:4222', port: 4222 },
  rabbitmq: {
    variable: 'ORDERCHART_TEST_RABBITMQ_URL',
    url: 'amqp://guest:guest@127.0.0.1:5672',
    port: 5672,
  },
  redis: { variable: 'ORDERCHART_TEST_REDIS_URL', url: 'redis://127.0.0.1:6379', port: 6379 },
} as const;

export type ServiceName = keyof typeof services;

/** A server that tests share: use names of your own in it, and never stop it. */
export interface Service {
  readonly name: ServiceName;
  /** From the environment, or the standard local port. */
  readonly url: string;
}

/** Where a service is, whether or not it can be reached. */
export function service(name: ServiceName): Service {
  const { variable, url } = services[name];
  return { name, url: process.env[variable] ?? url };
}

/**
 * A `describe` for what needs a shared server. Await it at the top level of the test file.
 *
 * @example
 * await describeService('nats', ({ url }) => {
 *   it('publishes', async () => { ... });
 * });
 */
export async function describeService(
  name: ServiceName,
  body: (service: Service) => void,
): Promise<void> {
  const found = service(name);
  const { variable, port } = services[name];
  const { host, hostname, port: ownPort } = new URL(found.url);
  const failure = await failureToReach(hostname, Number(ownPort || port));
  const missing = failure && `no ${name} at ${host} (${variable}): ${failure}`;
  describeUnless(missing, `with ${name}`, () => body(found));
}

/**
 * A `describe` for tests that start servers of their own, by a program in the path or in sbin.
 *
 * @example
 * describeProgram('redis-server', (path) => {
 *   it('survives a restart', async () => { ... });
 * });
 */
export function describeProgram(name: string, body: (path: string) => void): void {
  const path = pathOf(name);
  const missing = path === undefined ? `no program ${name} in PATH` : undefined;
  describeUnless(missing, `with a ${name} of its own`, () => body(path ?? name));
}

function describeUnless(missing: string | undefined, title: string, body: () => void): void {
  if (missing === undefined) {
    describe(title, body);
  } else if (process.env['CI'] === 'true') {
    it(title, () => {
      throw new Error(`Cannot test ${title}: ${missing}.`);
    });
  } else {
    describe.skipIf(true)(`${title} (skipped: ${missing})`, body);
  }
}

/** Why no connection could be made, or undefined when one was. */
function failureToReach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (failure: string | undefined): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.setTimeout(5_000, () => answer('no answer within 5 s'));
    socket.once('connect', () => answer(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code ?? error.message));
  });
}
