import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { afterAll, afterEach, expect } from 'vitest';

// Loaded before each quick test file. What it holds is the promise of `npm test`: a quick test starts
// no process and reaches no server but those that it opened itself, in its own process. Without this
// a test that needs a server would pass on the machine of its author and fail for a newcomer.

const broken: string[] = [];
const ownPorts = new Set<number>();

function refuse(what: string): never {
  const { testPath = 'This file' } = expect.getState();
  const message =
    `${testPath} is a quick test, and it ${what}. Tests that start processes or need servers are named ` +
    '*.faults.test.ts, or are in test/faults: `npm run test:faults`. See docs/internals/tests.md.';
  // The code under test may catch what is thrown and try again, so it is reported as well.
  broken.push(message);
  throw new Error(message);
}

/** What was refused since it was last asked for; whatever nobody asks for fails the test. */
export function takeRefusals(): readonly string[] {
  return broken.splice(0);
}

function report(): void {
  const [message] = takeRefusals();
  if (message !== undefined) throw new Error(message);
}

const starters = [
  'spawn',
  'spawnSync',
  'exec',
  'execSync',
  'execFile',
  'execFileSync',
  'fork',
] as const;
for (const name of starters) {
  childProcess[name] = ((program: unknown) =>
    refuse(`starts a process (${name} ${program})`)) as never;
}

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (this: net.Server, ...parameters: never[]) {
  this.once('listening', () => {
    const address = this.address();
    if (address !== null && typeof address === 'object') ownPorts.add(address.port);
  });
  return Reflect.apply(listen, this, parameters);
} as typeof listen;

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (this: net.Socket, ...parameters: never[]) {
  const { port, lookup } = optionsOf(parameters);
  const isOwn = ownPorts.has(Number(port));
  // A lookup of the caller's own may refuse the name, so that nothing is ever connected to.
  if (!isOwn && lookup === undefined) refuse(`connects to port ${port}, which it has not opened`);
  if (!isOwn) {
    this.on('connectionAttempt', (ip) => broken.push(`A quick test connected to ${ip}:${port}.`));
  }
  return Reflect.apply(connect, this, parameters);
} as typeof connect;

/** Of `connect(port)`, `connect({ port })`, and what `net.connect` passes on: an array with the options. */
function optionsOf([first]: readonly unknown[]): Partial<net.TcpNetConnectOpts> {
  const options: unknown = Array.isArray(first) ? first[0] : first;
  return typeof options === 'object' && options !== null ? options : { port: Number(options) };
}

syncBuiltinESMExports();
afterEach(report);
afterAll(report);
