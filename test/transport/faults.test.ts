import {
  createInProcessQueue,
  createInProcessTransport,
  type Delivery,
  isOrderchartError,
  type Transport,
} from 'orderchart';
import {
  delegateTransport,
  type FaultyTransport,
  faultyTransport,
  type PublishFault,
  publishFaults,
  runTransportConformanceCase,
  type TransportFaultOptions,
  transportConformanceCases,
} from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { messageOf, upTo } from '../../src/testing/transport-conformance/given.ts';

interface Faulty {
  readonly transport: FaultyTransport;
  /** The ids of all that reached the queue, and goes on to be delivered. */
  readonly arrived: () => Promise<readonly string[]>;
}

async function openFaulty(options: TransportFaultOptions): Promise<Faulty> {
  const queue = createInProcessQueue();
  const transport = faultyTransport(createInProcessTransport({ queue }), options);
  const reader = createInProcessTransport({ queue });
  await Promise.all([transport.open(), reader.open()]);
  const arrived = async () => {
    const ids: string[] = [];
    const deliver = (delivery: Delivery) => {
      ids.push(delivery.message.id);
      void delivery.ack();
    };
    const options = { maximumInFlight: 10_000, deliver, onError: () => undefined };
    const consumption = await reader.consume?.(options);
    await settled();
    await consumption?.close();
    return ids;
  };
  return { transport, arrived };
}

/** Whatever needs a few turns of the event loop has happened. */
async function settled(): Promise<void> {
  for (const _ of upTo(10)) await new Promise((resolve) => setImmediate(resolve));
}

/** How a batch of two ended: the answers, or the code of what was thrown. */
async function ending(transport: Transport): Promise<readonly string[]> {
  try {
    const results = await transport.publish([messageOf(1), messageOf(2)]);
    return results.map((result) => result.status);
  } catch (error) {
    return [(error as { code: string }).code];
  }
}

async function endings(transport: Transport): Promise<readonly string[]> {
  const all: string[] = [];
  for (const _ of upTo(30)) all.push((await ending(transport)).join());
  return all;
}

describe('a faulty transport', () => {
  it('has the same faults for the same seed, and others for another', async () => {
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const { transport } = await openFaulty({ seed, rate: 0.5 });
        return { endings: await endings(transport), injected: transport.injected };
      }),
    );
    expect(second).toEqual(first);
    expect(other?.injected).not.toEqual(first?.injected);
    expect(new Set(first?.endings).size).toBeGreaterThan(2);
  });

  it('has no fault at rate 0 and only faults at rate 1', async () => {
    const none = (await openFaulty({ seed: 3, rate: 0 })).transport;
    expect(new Set(await endings(none))).toEqual(new Set(['published,published']));
    expect(none.injected).toEqual([]);
    const all = (await openFaulty({ seed: 3, rate: 1, faults: ['unavailable'] })).transport;
    expect(new Set(await endings(all))).toEqual(new Set(['transportUnavailable']));
    expect(all.injected).toHaveLength(30);
  });

  it('refuses nothing for good unless it is asked to', async () => {
    const { transport } = await openFaulty({ seed: 4, rate: 1 });
    for (const _ of upTo(20)) await endings(transport);
    const faults = new Set(transport.injected.map(({ fault }) => fault));
    expect(faults).toEqual(new Set(publishFaults.filter((fault) => fault !== 'firstRefused')));
  });

  const first = messageOf(1).id;
  const second = messageOf(2).id;
  const both = [first, second];
  const table: Record<PublishFault, readonly [readonly string[], readonly string[]]> = {
    unavailable: [['transportUnavailable'], []],
    failed: [['failed', 'failed'], []],
    firstFailed: [['failed', 'published'], [second]],
    answerLost: [['failed', 'failed'], both],
    answerThrown: [['transportUnavailable'], both],
    duplicate: [
      ['published', 'published'],
      [first, first, second, second],
    ],
    lateAnswer: [['published', 'published'], both],
    latePublish: [['published', 'published'], both],
    firstRefused: [['refused', 'published'], [second]],
  };

  it.each(publishFaults)('%s does what its name says, once', async (fault) => {
    const [answers, ids] = table[fault];
    const { transport, arrived } = await openFaulty({ plan: [fault] });
    expect(await ending(transport)).toEqual(answers);
    expect([...(await arrived())].sort()).toEqual(ids);
    expect(transport.injected).toEqual([{ method: 'publish', call: 0, fault }]);
    // The plan is at its end: the next call is a good one.
    expect(await ending(transport)).toEqual(['published', 'published']);
  });

  it('publishes late after later calls, answers late after having published', async () => {
    const order = async (fault: PublishFault) => {
      const { transport, arrived } = await openFaulty({ plan: [fault] });
      const late = transport.publish([messageOf(1)]);
      await transport.publish([messageOf(2)]);
      await late;
      return arrived();
    };
    expect(await order('latePublish')).toEqual([second, first]);
    expect(await order('lateAnswer')).toEqual([first, second]);
  });

  it.each([
    ['ackAnswerLost', 0],
    ['ackLost', 1],
  ] as const)('%s rejects the ack, after which %i messages are left', async (fault, left) => {
    const { transport, arrived } = await openFaulty({ plan: [], ackPlan: [fault] });
    await transport.publish([messageOf(1)]);
    const deliveries: Delivery[] = [];
    const deliver = (delivery: Delivery) => void deliveries.push(delivery);
    const options = { maximumInFlight: 1, deliver, onError: () => undefined };
    const consumption = await transport.consume?.(options);
    await settled();
    await consumption?.stop();
    await expect(deliveries[0]?.ack()).rejects.toSatisfy((error) =>
      isOrderchartError(error, 'transportUnavailable'),
    );
    expect(await arrived()).toHaveLength(left);
    expect(transport.injected).toEqual([{ method: 'ack', call: 0, fault }]);
  });

  it('has nothing to do with an empty batch', async () => {
    for (const fault of ['failed', 'firstFailed', 'firstRefused', 'answerLost'] as const) {
      const { transport } = await openFaulty({ plan: [fault] });
      expect(await transport.publish([]), fault).toEqual([]);
    }
  });

  it('only publishes when the one inside only publishes', () => {
    const { consume: _, ...publisher } = delegateTransport(createInProcessTransport());
    expect(faultyTransport(publisher, { seed: 1 })).not.toHaveProperty('consume');
  });

  it('loses nothing that was published, and invents nothing', async () => {
    const model = transportConformanceCases.find(({ group }) => group === 'model');
    expect.assert(model !== undefined);
    const seen: FaultyTransport[] = [];
    await runTransportConformanceCase(model, () => {
      const transport = faultyTransport(createInProcessTransport(), { seed: 11, rate: 0.4 });
      seen.push(transport);
      return { transport };
    });
    const faults = new Set(seen.flatMap(({ injected }) => injected.map(({ fault }) => fault)));
    expect(faults.size).toBe(10);
  });
});
