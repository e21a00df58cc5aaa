import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isOrderchartError, type PublishResult, type Transport } from 'orderchart';
import { createRabbitmqTransport, type RabbitmqTransportOptions } from 'orderchart/rabbitmq';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { describeService } from '../../services.ts';
import { collect, testMessage } from '../collector.ts';
import { deleteQueues, onChannel, quick, throughPort, uniqueName } from './place.ts';

const holder = fileURLToPath(new URL('./holder.ts', import.meta.url));
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

await describeService('rabbitmq', ({ url }) => {
  async function open(options: Partial<RabbitmqTransportOptions>): Promise<Transport> {
    const transport = createRabbitmqTransport({ url, ...quick, ...options });
    closers.push(() => transport.close());
    await transport.open();
    return transport;
  }

  /** A queue that is deleted after the test. */
  function newQueue(): string {
    const queue = uniqueName('queue');
    closers.push(() => deleteQueues(url, queue));
    return queue;
  }

  function newExchange(): string {
    const exchange = uniqueName('exchange');
    closers.push(() => onChannel(url, (channel) => channel.deleteExchange(exchange)));
    return exchange;
  }

  async function openingError(options: Partial<RabbitmqTransportOptions>): Promise<Error> {
    const transport = createRabbitmqTransport({ url, queue: 'unused', ...quick, ...options });
    try {
      await transport.open();
    } catch (error) {
      if (isOrderchartError(error, 'transportRefused')) return error;
      throw error;
    } finally {
      await transport.close();
    }
    throw new Error('it was opened');
  }

  it('a message that no queue takes has failed, and is delivered once one is bound', async () => {
    const exchange = newExchange();
    const publisher = await open({ exchange });
    const [lost] = await publisher.publish([testMessage('1')]);
    expect(lost).toMatchObject({ status: 'failed', error: { code: 'transportRefused' } });
    expect(errorOf(lost)).toContain('no queue is bound to the exchange');

    const consumer = await open({ exchange, queue: newQueue(), bindingKeys: ['order.*'] });
    const collector = await collect(consumer);
    expect(await publisher.publish([testMessage('1')])).toEqual([{ status: 'published' }]);
    await collector.untilIds(['1']);
  });

  it('under load every returned message has failed and every other one is delivered', async () => {
    const exchange = newExchange();
    const transport = await open({ exchange, queue: newQueue(), bindingKeys: ['order.#'] });
    const collector = await collect(transport);
    const messages = Array.from({ length: 1_000 }, (_, index) =>
      testMessage(`${index}`, { type: index % 3 === 0 ? 'parcel.lost' : 'order.placed' }),
    );
    const batches = Array.from({ length: 10 }, (_, index) =>
      messages.slice(index * 100, (index + 1) * 100),
    );
    const results = (await Promise.all(batches.map((batch) => transport.publish(batch)))).flat();
    expect(results.map(({ status }) => status)).toEqual(
      messages.map(({ type }) => (type === 'parcel.lost' ? 'failed' : 'published')),
    );
    await collector.untilIds(idsOf(messages.filter(({ type }) => type === 'order.placed')));
    expect(collector.deliveries).toHaveLength(666);
  });

  it('a queue that is declared otherwise is refused, with what differs and what to do', async () => {
    const queue = newQueue();
    await open({ queue, queueType: 'classic' });
    const { message } = await openingError({ queue, queueType: 'quorum' });
    expect(message).toContain(`the queue '${queue}'`);
    expect(message).toMatch(/inequivalent arg 'x-\S+'/);
    expect(message).toContain('declare: false');
  });

  it('with `declare: false` what somebody else declared is used, and must be there', async () => {
    const queue = newQueue();
    const { message } = await openingError({ queue, declare: false });
    expect(message).toContain(`the queue '${queue}'`);
    await onChannel(url, (channel) => channel.assertQueue(queue, { durable: true, maxLength: 10 }));
    const transport = await open({ queue, declare: false, singleActiveConsumer: false });
    expect(transport.features.ordered).toBe(false);
    const collector = await collect(transport);
    await transport.publish([testMessage('1')]);
    await collector.untilIds(['1']);
    const exchange = uniqueName('exchange');
    expect((await openingError({ exchange, declare: false })).message).toContain(exchange);
  });

  it('a virtual host that is not there is refused', async () => {
    const elsewhere = new URL(url);
    elsewhere.pathname = '/orderchart-test-nowhere';
    expect((await openingError({ url: elsewhere.href })).message).toContain('virtual host');
  });

  it('of several addresses the first one that answers is taken', async () => {
    const transport = await open({ url: [throughPort(url, 1), url], queue: newQueue() });
    expect(await transport.publish([testMessage('1')])).toEqual([{ status: 'published' }]);
  });

  it('what AMQP has no room for is refused, and its neighbours are published', async () => {
    const transport = await open({ exchange: newExchange(), queue: newQueue() });
    const results = await transport.publish([
      testMessage('1'),
      testMessage('2', { type: 'x'.repeat(256) }),
      testMessage('3', { headers: { 'x-long': 'y'.repeat(70_000) } }),
      testMessage('4'),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'published',
      'refused',
      'refused',
      'published',
    ]);
  });

  it('a full queue that rejects has not taken the message, and takes it when there is room', async () => {
    const queue = newQueue();
    const limits = { maxLength: 1, overflow: 'reject-publish' };
    await onChannel(url, (channel) => channel.assertQueue(queue, { durable: true, ...limits }));
    const transport = await open({ queue, declare: false });
    expect(await transport.publish([testMessage('1')])).toEqual([{ status: 'published' }]);
    await eventually('the queue is full', async () => {
      const [result] = await transport.publish([testMessage('2')]);
      return result?.status === 'failed';
    });
    const collector = await collect(transport);
    await collector.untilIds(['1']);
    await eventually('there is room', async () => {
      const [result] = await transport.publish([testMessage('3')]);
      return result?.status === 'published';
    });
    await collector.untilIds(['3']);
  });

  it('what a queue that was deleted under a consumer is declared again', async () => {
    const queue = newQueue();
    const transport = await open({ queue });
    const collector = await collect(transport);
    await deleteQueues(url, queue);
    await eventually('the consumer is told', () => collector.errors.length > 0);
    await eventually('it is declared again', async () => {
      const [result] = await transport.publish([testMessage('1')]);
      return result?.status === 'published';
    });
    await collector.untilIds(['1']);
  });

  it('messages of others come in, whatever form of the binding they use', async () => {
    const queue = newQueue();
    const collector = await collect(await open({ queue }));
    const headers = {
      'cloudEvents:id': 'a-1',
      cloudEvents_type: 'payment.captured',
      'cloudEvents:partitionkey': 'order-7',
      'cloudEvents:subject': 'caf\u00e9 1',
      Retries: 3,
      Urgent: true,
      nested: { ignored: true },
    };
    await onChannel(url, async (channel) => {
      channel.sendToQueue(queue, Buffer.from('{}'), { headers, contentType: 'application/json' });
      channel.sendToQueue(queue, Buffer.from('bare'));
      await channel.waitForConfirms();
    });
    await eventually('both come', () => collector.deliveries.length >= 2);
    const [event, bare] = collector.deliveries.map(({ message }) => message);
    expect(event).toMatchObject({
      id: 'a-1',
      type: 'payment.captured',
      key: 'order-7',
      sequence: undefined,
      headers: {
        'ce-id': 'a-1',
        'ce-type': 'payment.captured',
        'ce-partitionkey': 'order-7',
        'ce-subject': 'caf%C3%A9 1',
        retries: '3',
        urgent: 'true',
        'content-type': 'application/json',
      },
    });
    expect(event?.headers).not.toHaveProperty('nested');
    expect(bare).toMatchObject({ id: '', key: '', type: '', headers: {} });
  });

  it('what goes out is a CloudEvent by the binding to AMQP', async () => {
    const queue = newQueue();
    const transport = await open({ queue, queueType: 'classic' });
    await transport.publish([testMessage('1', { headers: { 'ce-id': '1', traceparent: 't' } })]);
    const raw = await onChannel(url, (channel) => channel.get(queue, { noAck: true }));
    if (raw === false) throw new Error('there is no message');
    expect(raw.properties).toMatchObject({ messageId: '1', type: 'order.placed', deliveryMode: 2 });
    expect(raw.properties.headers).toEqual({
      'cloudEvents:id': '1',
      traceparent: 't',
      'orderchart-key': 'order-1',
      'orderchart-sequence': '1',
    });
  });

  it.each(['quorum', 'classic'] as const)(
    'what a consumer held that was killed comes to another one (%s)',
    async (queueType) => {
      const queue = newQueue();
      const transport = await open({ queue, queueType });
      const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
      await transport.publish(ids.map((id) => testMessage(id)));
      const child = spawn(process.execPath, ['--no-warnings', holder, url, queue, queueType], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        // It has acked the first five, and holds the others.
        if (printed.split('\n').length > 20) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'close');
      expect(signal).toBe('SIGKILL');
      const collector = await collect(transport);
      await collector.untilIds(ids.slice(5));
      expect(collector.ids()).toEqual(ids.slice(5));
      for (const { attempt } of collector.deliveries) expect(attempt).toBe(2);
    },
  );

  it('a consumer that is killed hands over to the one that stands by, in order', async () => {
    const queue = newQueue();
    const transport = await open({ queue });
    const key = 'order-1';
    const messages = Array.from({ length: 30 }, (_, index) =>
      testMessage(`${index}`, { key, sequence: index + 1 }),
    );
    const child = spawn(process.execPath, ['--no-warnings', holder, url, queue, 'quorum'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    await eventually('the first consumer is there', () => printed.startsWith('consuming'));
    const collector = await collect(transport);
    for (const message of messages) await transport.publish([message]);
    await eventually('the first consumer has some', () => printed.split('\n').length > 6);
    expect(collector.deliveries).toHaveLength(0);
    child.kill('SIGKILL');
    await collector.untilIds(idsOf(messages.slice(5)));
    expect(collector.ids()).toEqual(idsOf(messages.slice(5)));
  });
});

function idsOf(messages: readonly { readonly id: string }[]): readonly string[] {
  return messages.map(({ id }) => id);
}

function errorOf(result: PublishResult | undefined): string {
  return result?.status === 'failed' && result.error instanceof Error ? result.error.message : '';
}
