import { expect, it } from 'vitest';
import { printed, watchConsole } from '../../src/testing/transport-conformance/watch.ts';

const { console } = globalThis;

it('the console is watched by several at once, and is as it was afterwards', async () => {
  const { log, error } = console;
  const outer = await watchConsole(async () => {
    console.log('one');
    const inner = await watchConsole(async () => {
      console.error('two', { three: 3 });
    });
    expect(inner).toEqual(["'two' { three: 3 }"]);
    console.warn('four');
  });
  expect(outer).toEqual(["'one'", "'two' { three: 3 }", "'four'"]);
  expect([console.log, console.error]).toEqual([log, error]);
});

it('the console is as it was also when the work fails', async () => {
  const { log } = console;
  const failing = watchConsole(() => Promise.reject(new Error('It failed.')));
  await expect(failing).rejects.toThrow('It failed.');
  expect(console.log).toBe(log);
});

it('what is printed of an error has its message, its details and its causes', () => {
  const cause = Object.assign(new Error('refused'), { options: { password: 'secret-1' } });
  const error = Object.assign(new Error('secret-2', { cause }), { details: { url: 'secret-3' } });
  for (const secret of ['secret-1', 'secret-2', 'secret-3'])
    expect(printed(error)).toContain(secret);
  expect(printed('secret-4')).toContain('secret-4');
});
