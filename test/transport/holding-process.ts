import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';

/** A process that has messages in flight and answers none. */
export interface HoldingProcess {
  /** The ids of what it holds, in the order of delivery. */
  readonly held: readonly string[];
  until(count: number): Promise<unknown>;
  /** SIGKILL: it says good-bye to nobody. */
  kill(): Promise<void>;
}

export function startHolder(kind: 'nats' | 'redis', options: object): HoldingProcess {
  const program = fileURLToPath(new URL('./holder.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', program, kind, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const held: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    held.push(...lines);
  });
  return {
    held,
    until: (count) => eventually(`a process holds ${count} messages`, () => held.length >= count),
    kill: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
