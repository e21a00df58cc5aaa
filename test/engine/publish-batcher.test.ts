import { orderEventMessage, type TransportMessage } from 'orderchart';
import { expect, it } from 'vitest';
import { GuardedTransport } from '../../src/engine/transports/guarded-transport.ts';
import { PublishBatcher } from '../../src/engine/transports/publish-batcher.ts';
import { placed } from '../transport/given-events.ts';
import { published, scriptedTransport } from '../transport/scripted-transport.ts';
import { gate, turns } from './kit.ts';

const { signal } = new AbortController();

function message(orderId: string, version = 1): TransportMessage {
  return orderEventMessage({ ...placed, id: `${orderId}-${version}`, orderId, version });
}

function batching(maximumBatchSize = 100) {
  const transport = scriptedTransport();
  const batcher = new PublishBatcher(new GuardedTransport(transport), maximumBatchSize);
  const batches = () => transport.calls.map((call) => call.map(({ id }) => id));
  return { transport, batcher, batches };
}

it('one key goes into a batch once, its messages in order, and the others do not wait', async () => {
  const { batcher, batches } = batching();
  const messages = [message('a', 1), message('a', 2), message('b', 1), message('a', 3)];
  await Promise.all(messages.map((each) => batcher.publish(each, signal)));
  expect(batches()).toEqual([['a-1', 'b-1'], ['a-2'], ['a-3']]);
});

it('one key is not under way twice, although batches leave as soon as they are full', async () => {
  const { batcher, batches } = batching(1);
  const messages = [message('a', 1), message('a', 2), message('b', 1)];
  await Promise.all(messages.map((each) => batcher.publish(each, signal)));
  expect(batches()).toEqual([['a-1'], ['b-1'], ['a-2']]);
});

it('a message that another process may publish by now is not published while it waits', async () => {
  const { transport, batcher, batches } = batching();
  const { opened, open } = gate();
  transport.answer = async (messages) => {
    await opened;
    return messages.map(() => published);
  };
  const first = batcher.publish(message('a'), signal);
  await turns(3);
  const abort = new AbortController();
  const lost = batcher.publish(message('b'), abort.signal);
  const kept = batcher.publish(message('c'), signal);
  abort.abort(new Error('the lease is lost'));
  open();
  expect((await lost).status).toBe('failed');
  expect([await first, await kept]).toEqual([published, published]);
  expect(batches()).toEqual([['a-1'], ['c-1']]);
});
