import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createKafkaProxy, type KafkaProxy } from './proxy.ts';

/** librdkafka's mock cluster, which kcat hosts: a broker on a free port, with its topics in memory. */
export interface MockCluster {
  /** The way to its one broker that can be cut. */
  readonly proxy: KafkaProxy;
  /** `host:port` by way of the proxy. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Topics are made when they are asked for, with four partitions. */
export async function startMockCluster(kcat: string): Promise<MockCluster> {
  // A producer without input lives, and its cluster with it, until its input ends.
  const child = spawn(
    kcat,
    ['-P', '-b', 'mock', '-t', 'unused', '-X', 'test.mock.num.brokers=1', '-d', 'mock'],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const port = await portOf(child);
  const proxy = await createKafkaProxy(port);
  return {
    proxy,
    address: `127.0.0.1:${proxy.port}`,
    stop: async () => {
      await proxy.close();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** It tells its address in its log, of which the rest must be read as well, or it would stand still. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`kcat started no cluster: ${log}`)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const found = /bootstrap\.servers=[\d.]+:(\d+)/.exec(log + text);
      if (found !== null) resolve(Number(found[1]));
      log = (log + text).slice(-10_000);
    });
  });
}
