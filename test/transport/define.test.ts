import {
  type ConsumeOptions,
  defineTransport,
  OrderchartError,
  type PublishResult,
  type TransportDriver,
} from 'orderchart';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../src/testing/transport-conformance/given.ts';

const published: PublishResult = { status: 'published' };
const options: ConsumeOptions = { maximumInFlight: 1, deliver: () => {}, onError: () => {} };
const isClosed = { code: 'transportClosed', details: { transport: 'scripted' } };

/** A driver that writes down what is asked of it. */
function given(more: Partial<TransportDriver> = {}) {
  const calls: string[] = [];
  const driver: TransportDriver = {
    name: 'scripted',
    features: {
      consumes: true,
      durable: true,
      ordered: true,
      deduplicates: false,
      redelivers: true,
      tellsFirstDelivery: true,
      delays: true,
      concurrentConsumers: true,
      maximumBodyBytes: 10,
    },
    open: async () => void calls.push('open'),
    publish: async (messages) => {
      calls.push(`publish ${messages.map(({ id }) => id).join(' ')}`);
      return messages.map(() => published);
    },
    consume: () => ({
      begin: async () => void calls.push('begin'),
      stop: async () => void calls.push('stop'),
      close: async () => void calls.push('close consumption'),
    }),
    close: async () => void calls.push('close'),
    ...more,
  };
  return { calls, transport: defineTransport(driver) };
}

const sized = (number: number, bytes: number) => ({
  ...messageOf(number),
  body: new Uint8Array(bytes),
});

describe('a transport that is made of a driver', () => {
  it('is used between its opening and its close, and at no other time', async () => {
    const { transport, calls } = given();
    await expect(transport.publish([sized(1, 1)])).rejects.toMatchObject(isClosed);
    await expect(transport.consume?.(options)).rejects.toMatchObject(isClosed);
    await transport.open();
    await transport.open();
    await transport.publish([sized(1, 1)]);
    await Promise.all([transport.close(), transport.close()]);
    await transport.close();
    await expect(transport.publish([sized(1, 1)])).rejects.toMatchObject(isClosed);
    await expect(transport.consume?.(options)).rejects.toMatchObject(isClosed);
    await expect(transport.open()).rejects.toMatchObject(isClosed);
    expect(calls).toEqual(['open', `publish ${messageOf(1).id}`, 'close']);
  });

  it('answers a batch as it was when it was given', async () => {
    const { transport } = given();
    await transport.open();
    const batch = [sized(1, 1), sized(2, 11), sized(3, 1)];
    const publishing = transport.publish(batch);
    batch.length = 0;
    const statuses = (await publishing).map(({ status }) => status);
    expect(statuses).toEqual(['published', 'refused', 'published']);
  });

  it('may be opened again when that failed, and not when it was closed meanwhile', async () => {
    let attempts = 0;
    const { transport, calls } = given({
      open: async () => {
        attempts += 1;
        if (attempts === 1) throw new OrderchartError('transportUnavailable', 'Not yet.');
      },
    });
    await expect(transport.open()).rejects.toMatchObject({ code: 'transportUnavailable' });
    await transport.open();
    await transport.publish([sized(1, 1)]);
    expect(calls).toEqual([`publish ${messageOf(1).id}`]);

    const opening = Promise.withResolvers<void>();
    const late = given({ open: () => opening.promise });
    const opened = late.transport.open();
    await late.transport.close();
    opening.resolve();
    await expect(opened).rejects.toMatchObject(isClosed);
  });

  it('refuses bodies that are too large, answers each message in its place, and asks only for the rest', async () => {
    const failed: PublishResult = { status: 'failed', error: new Error('not now') };
    const { transport } = given({ publish: async () => [failed, published] });
    await transport.open();
    const answers = await transport.publish([
      sized(1, 11),
      sized(2, 10),
      sized(3, 12),
      sized(4, 0),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      'refused',
      'failed',
      'refused',
      'published',
    ]);
    const none = given();
    await none.transport.open();
    expect(await none.transport.publish([sized(1, 11)])).toMatchObject([{ status: 'refused' }]);
    expect(none.calls).toEqual(['open']);
  });

  it('takes a message without an answer for one that failed', async () => {
    const { transport } = given({ publish: async () => [published] });
    await transport.open();
    const answers = await transport.publish([sized(1, 1), sized(2, 1)]);
    expect(answers).toMatchObject([published, { status: 'failed' }]);
  });

  it('closes its driver after its consumptions have ended and what is being published is answered', async () => {
    const answer = Promise.withResolvers<readonly PublishResult[]>();
    const { transport, calls } = given({ publish: () => answer.promise });
    await transport.open();
    await transport.consume?.(options);
    const publishing = transport.publish([sized(1, 1)]);
    const closing = transport.close();
    await Promise.resolve();
    expect(calls).toEqual(['open', 'begin', 'close consumption']);
    answer.resolve([published]);
    expect(await publishing).toEqual([published]);
    await closing;
    expect(calls.at(-1)).toBe('close');
  });

  it('ends a consumption that is beginning while it is closed', async () => {
    const beginning = Promise.withResolvers<void>();
    const ended: string[] = [];
    const { transport } = given({
      consume: () => ({
        begin: () => beginning.promise,
        stop: async () => {},
        close: async () => {
          ended.push('consumption');
          beginning.reject(new OrderchartError('transportClosed', 'It is over.'));
        },
      }),
    });
    await transport.open();
    const consuming = transport.consume?.(options);
    await transport.close();
    await expect(consuming).rejects.toMatchObject({ code: 'transportClosed' });
    expect(ended).toEqual(['consumption']);
  });

  it('closes no consumption twice: neither one that was closed nor one that never began', async () => {
    const { transport, calls } = given();
    await transport.open();
    const consumption = await transport.consume?.(options);
    await consumption?.stop();
    await consumption?.close();
    await transport.close();
    expect(calls).toEqual(['open', 'begin', 'stop', 'close consumption', 'close']);

    const refusing = given({
      consume: () => ({
        begin: () => Promise.reject(new OrderchartError('transportRefused', 'No.')),
        stop: async () => {},
        close: async () => void refusing.calls.push('close consumption'),
      }),
    });
    await refusing.transport.open();
    await expect(refusing.transport.consume?.(options)).rejects.toMatchObject({
      code: 'transportRefused',
    });
    await refusing.transport.close();
    expect(refusing.calls).toEqual(['open', 'close']);
  });

  it('has no `consume` when its driver has none', () => {
    expect(given({ consume: undefined }).transport.consume).toBeUndefined();
  });
});
