import { RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OrderchartError } from '../../../src/errors.ts';
import { messageOf, publish } from '../../../src/testing/transport-conformance/given.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { eventually } from '../../eventually.ts';
import { describeService } from '../../services.ts';
import { type NatsPlace, natsPlace } from './server.ts';

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

  async function open(options = {}): Promise<Transport> {
    const transport = place.transport(options);
    opened.push(transport);
    await transport.open();
    return transport;
  }

  async function given(config: Partial<StreamConfig>): Promise<void> {
    const { streams } = await place.manager();
    await streams.add({ name: place.name, subjects: [`${place.name}.>`], ...config });
  }

  async function refusal(options = {}): Promise<string> {
    const error: unknown = await open(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OrderchartError);
    expect(error).toHaveProperty('code', 'transportRefused');
    return (error as OrderchartError).message;
  }

  it('creates the stream as the options say', async () => {
    await open({ maximumAgeMs: 3_600_000, maximumBytes: 1_000_000, deduplicationWindowMs: 5_000 });
    const { config } = await (await place.manager()).streams.info(place.name);
    expect(config).toMatchObject({
      subjects: [`${place.name}.*`],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      num_replicas: 1,
      max_age: 3_600_000 * 1e6,
      max_bytes: 1_000_000,
      duplicate_window: 5_000 * 1e6,
    });
  });

  it('says what to do about a stream that is missing', async () => {
    expect(await refusal({ createStream: false })).toContain('createStream');
  });

  it.each([
    [{ retention: RetentionPolicy.Interest }, 'retention `interest`'],
    [{ retention: RetentionPolicy.Workqueue }, 'retention `workqueue`'],
    [{ no_ack: true }, 'confirms nothing'],
    [{ max_msgs_per_subject: 1 }, 'max_msgs_per_subject'],
    [{ storage: StorageType.Memory }, '`storage`'],
    [{ sealed: true }, 'sealed'],
  ])('refuses a stream that could lose messages: %j', async (config, reason) => {
    if ('sealed' in config) {
      await given({});
      await (await place.manager()).streams.update(place.name, config as Partial<StreamConfig>);
    } else {
      await given(config);
    }
    const message = await refusal();
    expect(message).toContain(reason);
    expect(message).toContain(place.name);
  });

  it('refuses a stream that does not take what would be published', async () => {
    await given({ subjects: [`${place.name}.only`] });
    expect(await refusal()).toContain(`do not take ${place.name}.*`);
  });

  it('refuses a subject that another stream has', async () => {
    await given({});
    expect(await refusal({ stream: `${place.name}-2` })).toContain('subjects overlap');
  });

  it('takes a stream in memory when told so, and says that it is not durable', async () => {
    await given({ storage: StorageType.Memory });
    const transport = await open({ storage: 'memory' });
    expect(transport.features.durable).toBe(false);
    await publish(transport, messageOf(1));
  });

  it('receives from any stream, and refuses to publish to it', async () => {
    await given({ retention: RetentionPolicy.Workqueue });
    const transport = await open({ receiveOnly: true });
    const publishing = transport.publish([messageOf(1)]);
    await expect(publishing).rejects.toMatchObject({ code: 'transportRefused' });
  });

  it('refuses what is too large for the stream, and goes on', async () => {
    await given({ max_msg_size: 2_000 });
    const transport = await open();
    const large = messageOf(1, { body: new Uint8Array(3_000) });
    const [refused, published] = await transport.publish([large, messageOf(2)]);
    expect(refused).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('max_msg_size'),
    });
    expect(published).toEqual({ status: 'published' });
  });

  it('refuses headers that do not fit', async () => {
    const transport = await open();
    const headers = { 'x-large': 'x'.repeat(1_100_000) };
    const results = await transport.publish([messageOf(1, { headers }), messageOf(2)]);
    expect(results.map(({ status }) => status)).toEqual(['refused', 'published']);
  });

  it('fails while the stream is full, and goes on when there is room: nothing old is dropped', async () => {
    const transport = await open({ maximumBytes: 5_000 });
    const body = new Uint8Array(1_000);
    const { streams } = await place.manager();
    let next = 0;
    await eventually('the stream is full', async () => {
      const [result] = await transport.publish([messageOf(next, { body })]);
      if (result?.status === 'published') next += 1;
      return result?.status === 'failed';
    });
    expect((await place.stored()).map(({ id }) => id)).toHaveLength(next);
    await streams.deleteMessage(place.name, 1);
    await publish(transport, messageOf(next, { body }));
  });

  it('tells of a stream that was deleted, and goes on when it is there again', async () => {
    const transport = await open();
    await (await place.manager()).streams.delete(place.name);
    const [result] = await transport.publish([messageOf(1)]);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
    await given({});
    await publish(transport, messageOf(1));
  });
});
