import { describe, expect, it } from 'vitest';
import { scriptedTransport } from '../transport/scripted-transport.ts';
import { gate, testEngine, turns, until } from './kit.ts';

const second = 1000;

/** An engine that is closed while its only reception is still starting. */
async function closing(transport: ReturnType<typeof scriptedTransport>) {
  const test = await testEngine({ closeGraceMs: 5 * second });
  const starting = test.engine.startReceiving({
    name: 'in',
    transport,
    map: () => undefined,
    deadLetter: () => undefined,
  });
  const started = starting.then(
    () => undefined,
    (error: unknown) => error,
  );
  await turns();
  let isClosed = false;
  const closed = test.engine.close().then(() => {
    isClosed = true;
  });
  const isOver = () => isClosed;
  return { ...test, started, closed, isOver };
}

describe('an engine that is closed while a reception starts', () => {
  it('waits for a transport that hangs while it opens for the time of grace, and no longer', async () => {
    const transport = scriptedTransport();
    transport.before = (what) => (what === 'open' ? new Promise(() => {}) : Promise.resolve());
    const { clock, closed, isOver, started } = await closing(transport);
    await turns();
    expect(isOver()).toBe(false);
    await clock.runTo(clock.now() + 5 * second, turns);
    expect(isOver()).toBe(true);
    await closed;
    expect(transport.log).toEqual(['open', 'close']);
    expect(await started).toMatchObject({ code: 'engineClosed' });
  });

  it('ends a consumption that comes when the transport is closed', async () => {
    const transport = scriptedTransport();
    const consuming = gate();
    const consume = transport.consume?.bind(transport);
    transport.consume = async (options) => {
      await consuming.opened;
      return (await consume?.(options)) as never;
    };
    const { clock, closed, isOver, started } = await closing(transport);
    await clock.runTo(clock.now() + 5 * second, turns);
    expect(isOver()).toBe(true);
    await closed;
    consuming.open();
    await until(() => transport.log.includes('end'));
    expect(transport.log).toEqual(['open', 'close', 'consume', 'stop', 'end']);
    expect(await started).toMatchObject({ code: 'engineClosed' });
  });

  it('rejects a publisher whose transport hangs while it opens after the same time', async () => {
    const { engine, clock } = await testEngine({ closeGraceMs: 5 * second });
    const transport = scriptedTransport();
    transport.before = (what) => (what === 'open' ? new Promise(() => {}) : Promise.resolve());
    const publishing = expect(
      engine.startPublishing({ name: 'out', from: 'beginning', transport }),
    ).rejects.toMatchObject({
      code: 'engineClosed',
    });
    await turns();
    const closed = engine.close();
    await clock.runTo(clock.now() + 5 * second, turns);
    await publishing;
    await closed;
  });
});
