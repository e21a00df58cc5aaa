import { isOrderchartError } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { published, scriptedTransport, unavailable } from '../transport/scripted-transport.ts';
import { gate, place, testEngine, turns, until } from './kit.ts';
import { ids, live } from './publish-kit.ts';

const second = 1000;

describe('a transport of an engine', () => {
  it('is opened once, whoever uses it, and closed once, after the last message', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    await Promise.all([
      engine.startPublishing({
        name: 'one',
        from: 'beginning',
        transport,
        types: ['order.placed'],
      }),
      engine.startPublishing({
        name: 'two',
        from: 'beginning',
        transport,
        types: ['order.placed'],
      }),
    ]);
    await engine.execute(place('order-1'));
    await engine.close();
    expect(transport.log).toEqual(['open', 'publish', 'publish', 'close']);
  });

  it('has a key under way once at a time, although two publishers share it', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const underWay: string[] = [];
    transport.answer = async (messages) => {
      for (const { key } of messages) {
        expect(underWay).not.toContain(key);
        underWay.push(key);
      }
      await turns(3);
      for (const { key } of messages) underWay.splice(underWay.indexOf(key), 1);
      return messages.map(() => published);
    };
    await engine.startPublishing({ name: 'one', from: 'beginning', transport });
    await engine.startPublishing({ name: 'two', from: 'beginning', transport });
    await live(engine, ids(5), 3);
    await engine.idle();
    expect(transport.published).toHaveLength(40);
  });

  it('that does not open rejects the call, and may be tried again', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const errors = [unavailable(), new Error('foreign')];
    transport.before = async () => {
      const error = errors.shift();
      if (error !== undefined) throw error;
    };
    for (const _ of [1, 2]) {
      await expect(
        engine.startPublishing({ name: 'out', from: 'beginning', transport }),
      ).rejects.toMatchObject({
        code: 'transportUnavailable',
      });
    }
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    expect(transport.log).toEqual(['open', 'open', 'open']);
  });

  it('is not used by a call that was overtaken by close', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const opening = gate();
    transport.before = async (what) => (what === 'open' ? opening.opened : undefined);
    const publishing = engine
      .startPublishing({ name: 'out', from: 'beginning', transport })
      .catch((error: unknown) => error);
    const closing = engine.close();
    opening.open();
    expect(isOrderchartError(await publishing, 'engineClosed')).toBe(true);
    await closing;
    expect(transport.log).toEqual(['open', 'close']);
  });

  it('finishes what was begun before it closes', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const answering = gate();
    transport.answer = async (messages) => {
      await answering.opened;
      return messages.map(() => published);
    };
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    await engine.execute(place('order-1'));
    await until(() => transport.calls.length === 1);
    const closing = engine.close();
    await turns();
    expect(transport.log).toEqual(['open', 'publish']);
    answering.open();
    await closing;
    expect(transport.log).toEqual(['open', 'publish', 'close']);
    expect(engine.stats().messagesPublished).toBe(1);
  });

  it('that hangs holds up close for the time of grace, and no longer', async () => {
    const { engine, clock, log } = await testEngine({ closeGraceMs: 5 * second });
    const transport = scriptedTransport();
    transport.answer = () => new Promise(() => {});
    transport.before = (what) => (what === 'close' ? new Promise(() => {}) : Promise.resolve());
    await engine.startPublishing({ name: 'out', from: 'beginning', transport });
    await engine.execute(place('order-1'));
    await until(() => transport.calls.length === 1);
    const closing = engine.close();
    await turns();
    clock.advanceBy(5 * second);
    await until(() => transport.log.includes('close'));
    clock.advanceBy(5 * second);
    await closing;
    expect(log.map(({ message }) => message)).toContain(
      'Could not close a transport cleanly; leaving it as it is.',
    );
  });

  it('is refused when it is none', async () => {
    const { engine } = await testEngine();
    for (const transport of [undefined, {}, { open: () => undefined }]) {
      await expect(
        engine.startPublishing({ name: 'out', from: 'beginning', transport: transport as never }),
      ).rejects.toMatchObject({ code: 'invalidArgument' });
    }
    const { consume: _, ...deaf } = scriptedTransport();
    await expect(
      engine.startReceiving({
        name: 'in',
        transport: deaf,
        map: () => undefined,
        deadLetter: deaf,
      }),
    ).rejects.toMatchObject({ code: 'invalidArgument' });
  });
});
