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

/** It tells its address in its log. */
async function portOf(child: ChildProcess): Promise<number> {
  if (child.stderr === null) throw new Error('kcat has no standard error');
  let log = '';
  for await (const text of child.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    log += text;
    const found = /bootstrap\.servers=[\d.]+:(\d+)/.exec(log);
    if (found === null) continue;
    // The rest of the log is of no interest, but must not fill the pipe.
    child.stderr.resume();
    return Number(found[1]);
  }
  throw new Error(`kcat started no cluster: ${log}`);
}
