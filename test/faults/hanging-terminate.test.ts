import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { newPath } from '../store/sqlite/kit.ts';

const program = fileURLToPath(new URL('./hanging-process.ts', import.meta.url));

it.each([
  ['the order numbers of the host never answer', 'numbers', 'engineClosed'],
  ['the function that exports an order never answers', 'export', 'engineClosed'],
  ['a handler never ends', 'handler', 'aborted'],
])('SIGTERM ends a process in which %s', async (_, what, code) => {
  const child = spawn(process.execPath, ['--no-warnings', program, newPath(), what], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect(await lines.next()).toMatchObject({ value: 'ready' });
  child.kill('SIGTERM');
  // It closes in order, and only then comes to its end, by itself.
  expect(JSON.parse(String((await lines.next()).value))).toEqual({ code });
  expect(await exit).toEqual([0, null]);
});
