import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A broker to run the example with. */
export interface Broker {
  readonly address: string;
  readonly isMock: boolean;
  stop(): Promise<void>;
}

/**
 * The broker that KAFKA_BROKER names (`host:port`, with topics that it creates by itself), or the
 * mock cluster of librdkafka, which `kcat` hosts in memory.
 */
export async function findBroker(): Promise<Broker> {
  const address = process.env['KAFKA_BROKER'];
  if (address !== undefined) return { address, isMock: false, stop: async () => undefined };
  // It lives until its input ends.
  const child = spawn(
    'kcat',
    ['-P', '-b', 'mock', '-t', 'unused', '-X', 'test.mock.num.brokers=1', '-d', 'mock'],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  return {
    address: await addressOf(child),
    isMock: true,
    stop: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

/** It tells its address in its log, the rest of which must be read as well. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', () => reject(new Error('Set KAFKA_BROKER to host:port, or install kcat.')));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const found = /bootstrap\.servers=([\d.:]+)/.exec(text);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
  });
}
