import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lane, publish, publishInTurn } from '../../../src/testing/transport-conformance/given.ts';
import { subjectToken } from '../../../src/transport/nats/subject.ts';
import type { Transport, TransportMessage } from '../../../src/transport/transport.ts';
import { eventually } from '../../eventually.ts';
import { describeService } from '../../services.ts';
import { holdableWay } from '../holdable-way.ts';
import { type NatsPlace, natsPlace } from './server.ts';

const messages = lane('tenant-1/order-1', 9);
const from = (first: number, last: number): readonly TransportMessage[] =>
  messages.slice(first - 1, last);

await describeService('nats', ({ url }) => {
  let place: NatsPlace;
  const opened: Transport[] = [];
  beforeEach(() => {
    place = natsPlace(url);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((transport) => transport.close()));
    await place.remove();
  });

  /** A publisher on the place; ids are forgotten soon, so that only the fence is left. */
  async function publisher(options = {}): Promise<Transport> {
    const transport = place.transport({ deduplicationWindowMs: 100, ...options });
    opened.push(transport);
    await transport.open();
    return transport;
  }

  /** Waits until the server takes an id again that it was given before: all older ones are forgotten. */
  async function idsAreForgotten(): Promise<void> {
    const stream = (await place.manager()).jetstream();
    const msgID = randomUUID();
    const probe = () => stream.publish(`${place.name}.probe`, '', { msgID });
    await probe();
    await eventually('the server forgets ids', async () => !(await probe()).duplicate);
  }

  async function stored(): Promise<readonly string[]> {
    const all = await place.stored();
    return all.filter(({ subject }) => !subject.endsWith('.probe')).map(({ id }) => id);
  }

  const idsOf = (expected: readonly TransportMessage[]) => expected.map(({ id }) => id);

  it('a publisher that wakes after its successor adds nothing, and is told that all is published', async () => {
    const [frozen, successor] = [await publisher(), await publisher()];
    await publishInTurn(frozen, from(1, 4));
    await publishInTurn(successor, from(5, 7));
    await idsAreForgotten();
    await publishInTurn(frozen, from(5, 6));
    expect(await stored()).toEqual(idsOf(from(1, 7)));
    await publishInTurn(frozen, from(8, 8));
    await publishInTurn(successor, from(9, 9));
    expect(await stored()).toEqual(idsOf(messages));
  });

  it('a message that was on its way for longer than ids are remembered is refused by the server', async () => {
    const way = await holdableWay(new URL(url));
    const frozen = await publisher({ url: `nats://127.0.0.1:${way.port}`, timeoutMs: 1_000 });
    const successor = await publisher();
    await publishInTurn(frozen, from(1, 4));
    way.hold('requests');
    const [late] = await frozen.publish(from(5, 5));
    expect(late?.status).toBe('failed');
    await publishInTurn(successor, from(5, 7));
    await idsAreForgotten();
    way.release();
    // What goes the same way afterwards arrives after it.
    await eventually('the way is open', async () => {
      const [result] = await frozen.publish(from(5, 5));
      return result?.status === 'published';
    });
    expect(await stored()).toEqual(idsOf(from(1, 7)));
    await way.close();
  });

  it('one that begins anew finds what is there, however far back it begins', async () => {
    await publishInTurn(await publisher(), from(1, 7));
    await idsAreForgotten();
    await publishInTurn(await publisher(), messages);
    expect(await stored()).toEqual(idsOf(messages));
  });

  it('one that remembers too little asks the server, and adds nothing twice', async () => {
    const transport = await publisher({ rememberedKeys: 1 });
    const others = lane('tenant-1/order-2', 3);
    for (const index of [0, 1, 2]) {
      await publishInTurn(
        transport,
        [messages[index], others[index]].flatMap((each) => each ?? []),
      );
    }
    await idsAreForgotten();
    await publishInTurn(transport, [...from(1, 3), ...others]);
    expect((await stored()).toSorted()).toEqual(idsOf([...from(1, 3), ...others]).toSorted());
  });

  it('publishers of different events of one order lose nothing to the fence', async () => {
    const [odd, even] = [await publisher(), await publisher()];
    for (const message of messages) {
      // The odd ones are ahead of the even ones.
      if ((message.sequence ?? 0) % 2 === 1) await publish(odd, message);
    }
    for (const message of messages) {
      if ((message.sequence ?? 0) % 2 === 0) await publish(even, message);
    }
    expect((await stored()).toSorted()).toEqual(idsOf(messages).toSorted());
  });

  it('what the stream has trimmed is not put behind what followed it', async () => {
    await publishInTurn(await publisher(), from(1, 7));
    const { streams } = await place.manager();
    for (const seq of [1, 2, 3]) await streams.deleteMessage(place.name, seq);
    await idsAreForgotten();
    await publishInTurn(await publisher(), from(3, 8));
    expect(await stored()).toEqual(idsOf(from(4, 8)));
  });

  it.each([2, 4])(
    'what was never published is, also when the stream has trimmed what was before it: %i',
    async (missing) => {
      const odd = await publisher();
      for (const first of [1, 3, 5]) await publishInTurn(odd, from(first, first));
      const { streams } = await place.manager();
      for (const seq of [1, 2]) await streams.deleteMessage(place.name, seq);
      await publishInTurn(await publisher(), from(missing, missing));
      expect(await stored()).toEqual(idsOf([...from(5, 5), ...from(missing, missing)]));
    },
  );

  it('what a later history numbers as one that was trimmed is published', async () => {
    const inHistory = (history: number, all: readonly TransportMessage[]) =>
      all.map((message) => ({
        ...message,
        id: `${history}-${message.sequence}`,
        headers: { ...message.headers, 'ce-history': `${history}` },
      }));
    await publishInTurn(await publisher(), inHistory(1, from(1, 3)));
    const { streams } = await place.manager();
    for (const seq of [1, 2]) await streams.deleteMessage(place.name, seq);
    await publishInTurn(await publisher(), inHistory(2, from(2, 3)));
    expect(await stored()).toEqual(['1-3', '2-2', '2-3']);
  });

  it('goes on when something else was published to the subject, or it was emptied', async () => {
    const transport = await publisher();
    const manager = await place.manager();
    await publishInTurn(transport, from(1, 2));
    const subject = `${place.name}.${subjectToken('tenant-1/order-1')}`;
    await manager.jetstream().publish(subject, 'by hand');
    await publishInTurn(transport, from(3, 3));
    await manager.streams.purge(place.name, { filter: subject });
    await publishInTurn(transport, from(4, 5));
    expect(await stored()).toEqual(idsOf(from(4, 5)));
  });
});

it('every key has a subject of its own, of a bounded length, which means nothing to NATS', () => {
  const keys = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 600 }),
    fc.string({ unit: fc.constantFrom('a', 'A', '=', '.', '*', '>', ' ', '/', 'é'), maxLength: 8 }),
  );
  fc.assert(
    fc.property(keys, keys, (one, other) => {
      expect(subjectToken(one)).toMatch(/^[\w=-]{1,130}$/);
      expect(subjectToken(one) === subjectToken(other)).toBe(one === other);
    }),
  );
});
