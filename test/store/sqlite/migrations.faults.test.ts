import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listIds, upTo } from '../../../src/testing/conformance/given.ts';
import { newPath, openStore } from './kit.ts';

const opener = fileURLToPath(new URL('./opener.ts', import.meta.url));

describe('the migrations', () => {
  it('make a new file once, however many processes open it at the same time', async () => {
    const path = newPath();
    const ids = upTo(6).map((index) => `order-${index}`);
    const children = ids.map((orderId) =>
      spawn(process.execPath, ['--no-warnings', opener, path, orderId], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const answers = children.map((child) => {
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      return once(child, 'close').then(() => text);
    });
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    for (const child of children) child.stdin.write('go\n');
    expect(await Promise.all(answers)).toEqual(ids.map(() => 'ready\ncommitted\n'));
    const store = await openStore(path);
    expect([...(await listIds(store))].sort()).toEqual(ids);
  });
});
