import {
  createInProcessTransport,
  createMemoryStore,
  OrderchartError,
  type OrderStore,
  type Rejected,
} from 'orderchart';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { faultyStore } from '../../src/testing/faults.ts';
import { scriptedTransport } from '../transport/scripted-transport.ts';
import {
  all,
  annotate,
  captured,
  gate,
  place,
  sharedStore,
  testEngine,
  turns,
  until,
} from './kit.ts';
import { commandMessage, mapBody, receiving } from './receive-kit.ts';

const second = 1000;
const minute = 60 * second;

describe('receive', () => {
  it('executes the commands of a message, then acks it', async () => {
    const { engine, deliver } = await receiving();
    const handed = deliver('1', [place('order-1'), annotate('order-1', 'from afar')]);
    await engine.idle();
    expect(handed.outcome).toBe('acked');
    expect(await engine.get('order-1')).toMatchObject({ version: 2 });
    expect(engine.stats()).toMatchObject({ messagesReceived: 1, accepted: 2, messageRetries: 0 });
  });

  it('acks only after what it led to is durable', async () => {
    const store = createMemoryStore();
    const writing = gate();
    const slow: OrderStore = {
      ...delegateStore(store),
      commit: async (commits) => {
        await writing.opened;
        return store.commit(commits);
      },
    };
    const { engine, deliver } = await receiving({}, { store: slow });
    const handed = deliver('1', place('order-1'));
    await turns();
    expect(handed.outcome).toBeUndefined();
    writing.open();
    await engine.idle();
    expect(handed.outcome).toBe('acked');
  });

  it('executes a message once, although it comes again, and to another engine', async () => {
    const store = sharedStore();
    const { engine, deliver, clock } = await receiving({}, { store });
    const note = annotate('order-1', 'once');
    for (const id of ['1', '1']) deliver(id, [place('order-1'), note]);
    await engine.idle();
    const other = await receiving({}, { store, clock });
    const handed = other.deliver('1', [place('order-1'), note]);
    await other.engine.idle();
    expect(handed.outcome).toBe('acked');
    expect(await other.engine.get('order-1')).toMatchObject({ version: 2 });
    expect(other.engine.stats()).toMatchObject({ duplicates: 2, accepted: 0 });
    expect(other.letters).toEqual([]);
  });

  it('executes a message once when the process dies between commit and ack', async () => {
    const store = sharedStore();
    const { engine, transport, deliver, clock } = await receiving({}, { store });
    transport.before = (what) => (what === 'ack' ? new Promise(() => {}) : Promise.resolve());
    const handed = deliver('1', annotate('order-1', 'x'));
    const first = deliver('2', place('order-1'));
    await until(() => transport.log.filter((call) => call === 'ack').length === 2);
    expect([handed.outcome, first.outcome]).toEqual([undefined, undefined]);
    // The process is gone; the broker gives both to the next one.
    const next = await receiving({}, { store, clock });
    const again = next.deliver('2', place('order-1'));
    await next.engine.idle();
    expect(again.outcome).toBe('acked');
    expect(await all(next.engine.history('order-1'))).toHaveLength(1);
    const closing = engine.close();
    await turns();
    clock.advanceBy(minute);
    await closing;
  });

  it('keeps messages of different receptions and different ids apart', async () => {
    const { engine, deliver } = await receiving();
    const other = scriptedTransport();
    await engine.startReceiving({
      name: 'in.2',
      transport: other,
      map: mapBody,
      deadLetter: other,
    });
    await engine.execute(place('order-1'));
    deliver('1', annotate('order-1', 'a'));
    deliver('2', annotate('order-1', 'b'));
    other.deliver(commandMessage('1', annotate('order-1', 'c')));
    await engine.idle();
    expect(await engine.get('order-1')).toMatchObject({ version: 4 });
  });

  it('says in the events which message caused them, and which trace it belongs to', async () => {
    const { engine, transport } = await receiving({ tenantId: 'shop-1' });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const message = commandMessage('m-1', place('order-1'));
    transport.deliver({ ...message, headers: { ...message.headers, traceparent } });
    const long = commandMessage('m'.repeat(200), annotate('order-1', 'x'));
    transport.deliver({
      ...long,
      headers: { ...long.headers, 'ce-traceparent': traceparent, 'ce-tracestate': 'a=1,%20b=2' },
    });
    await engine.idle();
    const [first, secondEvent] = await all(engine.history('order-1', { tenantId: 'shop-1' }));
    expect(first).toMatchObject({ causationId: 'm-1', trace: { traceparent, tracestate: null } });
    expect(secondEvent).toMatchObject({
      causationId: expect.stringMatching(/^sha256-[0-9a-f]{64}$/),
      trace: { traceparent, tracestate: 'a=1, b=2' },
    });
  });

  it('takes tenant, actor and correlation from map', async () => {
    const actor = { kind: 'provider', id: 'psp' };
    const { engine, deliver } = await receiving({
      tenantId: 'shop-1',
      map: (message) => ({
        commands: mapBody(message) as ReturnType<typeof place>,
        tenantId: 'shop-2',
        actor,
        correlationId: 'conversation-1',
      }),
    });
    deliver('1', place('order-1'));
    await engine.idle();
    expect(await engine.get('order-1', { tenantId: 'shop-1' })).toBeUndefined();
    const [event] = await all(engine.history('order-1', { tenantId: 'shop-2' }));
    expect(event).toMatchObject({ actor, correlationId: 'conversation-1' });
  });

  it('acks and counts what is not for us', async () => {
    const { engine, deliver, letters } = await receiving({
      map: async (message) => (message.id === 'empty' ? [] : undefined),
    });
    const handed = [deliver('empty', 1), deliver('other', 2)];
    await engine.idle();
    expect(handed.map(({ outcome }) => outcome)).toEqual(['acked', 'acked']);
    expect(engine.stats()).toMatchObject({ messagesReceived: 2, messagesIgnored: 2, commands: 0 });
    expect(letters).toEqual([]);
  });

  it('takes a rejection for an answer: it is told, counted, logged and acked', async () => {
    const rejections: [Rejected, string][] = [];
    const { engine, deliver, letters, log } = await receiving({
      onRejected: (rejected, { id }) => void rejections.push([rejected, id]),
    });
    const handed = deliver('1', [
      place('order-1'),
      place('order-1'),
      annotate('order-1', 'goes on'),
    ]);
    const unknown = deliver('2', { type: 'order.cancel', orderId: 'nowhere', reason: 'x' });
    await engine.idle();
    expect([handed.outcome, unknown.outcome]).toEqual(['acked', 'acked']);
    expect(rejections.map(([{ rejection }, id]) => [rejection.code, id])).toEqual([
      ['orderNotFound', '2'],
      ['orderExists', '1'],
    ]);
    expect(await engine.get('order-1')).toMatchObject({ version: 2 });
    expect(engine.stats().receivedCommandsRejected).toBe(2);
    expect(log.map(({ message }) => message)).toEqual(
      Array(2).fill('A received command was rejected; not retrying.'),
    );
    expect(letters).toEqual([]);
  });

  it('tells a rejection again when telling it failed, and then does not execute anew', async () => {
    let failures = 2;
    const { engine, clock, deliver, letters } = await receiving({
      onRejected: () => {
        failures -= 1;
        if (failures >= 0) throw new OrderchartError('invalidArgument', 'no');
      },
    });
    await engine.execute(place('order-1'));
    const handed = deliver('1', place('order-1'));
    await clock.runTo(clock.now() + minute, () => engine.idle());
    expect(failures).toBe(-1);
    expect(handed.outcome).toBe('acked');
    expect(engine.stats().receivedCommandsRejected).toBe(1);
    expect(letters).toEqual([]);
  });

  it('lets a report wait for its order, and later messages of its key with it', async () => {
    const { engine, clock, deliver, letters } = await receiving();
    const report = deliver('1', captured('order-1'), 'order-1');
    const later = deliver('2', annotate('order-1', 'later'), 'order-1');
    await engine.idle();
    expect(report.outcome).toBeUndefined();
    await engine.execute(place('order-1'));
    await clock.runTo(clock.now() + minute, () => engine.idle());
    expect([report.outcome, later.outcome]).toEqual(['acked', 'acked']);
    expect((await engine.get('order-1'))?.status).toMatchObject({ payment: 'paid' });
    expect(letters).toEqual([]);
  });

  it('gives a report up when its order never comes', async () => {
    const { engine, clock, deliver, letters } = await receiving({ orderWaitMs: 5 * second });
    const handed = deliver('1', captured('order-1'));
    await clock.runTo(clock.now() + 4 * second, () => engine.idle());
    expect(letters).toEqual([]);
    await clock.runTo(clock.now() + minute, () => engine.idle());
    expect(letters.map(({ reason, message }) => [reason, message.id])).toEqual([
      ['orderNotFound', '1'],
    ]);
    expect(handed.outcome).toBe('acked');
    // The order came at last, and so may the letter.
    await engine.execute(place('order-1'));
    deliver('1', captured('order-1'));
    await engine.idle();
    expect((await engine.get('order-1'))?.status).toMatchObject({ payment: 'paid' });
  });

  it('keeps the messages of a key in order while the first one fails, and lets others pass', async () => {
    const { engine, clock, deliver } = await receiving({
      map: (message) => {
        if (message.id === '2' && clock.now() < start + 10 * second) throw new Error('may pass');
        return mapBody(message);
      },
    });
    const start = clock.now();
    await engine.execute(place('order-1'));
    await engine.execute(place('order-2'));
    const notes = ['1', '2', '3', '4'].map((id) => deliver(id, annotate('order-1', id), 'key-1'));
    const other = deliver('5', annotate('order-2', '5'), 'key-2');
    await engine.idle();
    expect(notes.map(({ outcome }) => outcome)).toEqual(['acked', undefined, undefined, undefined]);
    expect(other.outcome).toBe('acked');
    await clock.runTo(clock.now() + minute, () => engine.idle());
    expect(notes.every(({ outcome }) => outcome === 'acked')).toBe(true);
    const events = await all(engine.history('order-1'));
    expect(events.slice(1).map(({ data }) => data)).toEqual(
      ['1', '2', '3', '4'].map((note) => ({ metadata: { note } })),
    );
  });

  it('executes once, in order, on a store that fails in every way it may', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const store = faultyStore(createMemoryStore(), { seed, rate: 0.4 });
      const { engine, clock, deliver, letters } = await receiving({}, { store });
      const handed = ['1', '2', '3'].flatMap((order) =>
        [place(order), annotate(order, 'a'), annotate(order, 'b')].map((command, at) =>
          deliver(`${order}-${at}`, command, order),
        ),
      );
      await clock.runTo(clock.now() + 10 * minute, () => engine.idle());
      expect(
        handed.map(({ outcome }) => outcome),
        `seed ${seed}`,
      ).toEqual(Array(9).fill('acked'));
      for (const order of ['1', '2', '3']) {
        const events = await all(engine.history(order));
        expect(events.slice(1).map(({ data }) => data)).toEqual([
          { metadata: { note: 'a' } },
          { metadata: { note: 'b' } },
        ]);
      }
      expect(letters).toEqual([]);
    }
  });

  it('connects two engines within a process, there and back', async () => {
    const { engine: shop } = await testEngine();
    const { engine: copy } = await testEngine();
    const transport = createInProcessTransport();
    await shop.startPublishing({
      name: 'out',
      from: 'beginning',
      transport,
      types: ['order.placed'],
    });
    await copy.startReceiving({
      name: 'in',
      transport,
      deadLetter: () => undefined,
      map: ({ key }) => place(`copy-of-${key.split('/')[1]}`),
    });
    await shop.execute(place('order-1'));
    await until(() => copy.stats().accepted === 1);
    expect(await copy.get('copy-of-order-1')).toMatchObject({ version: 1 });
  });
});
