import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import type { PublishResult, TransportMessage } from '../../transport/transport.ts';
import type { TransportConformanceContext } from './case.ts';
import { leakOf } from './leaks.ts';
import { printed } from './watch.ts';

/**
 * Publishes a batch once. A throw counts as `failed` for each message, and must be an
 * `OrderchartError`. No error may contain a body.
 */
export async function publishAttempt(
  { transport, within }: Pick<TransportConformanceContext, 'transport' | 'within'>,
  messages: readonly TransportMessage[],
): Promise<readonly PublishResult['status'][]> {
  try {
    const results = await within('`publish` settles', transport.publish(messages));
    assert.equal(results.length, messages.length, 'there is one answer for each message');
    for (const result of results) {
      if (result.status === 'failed') assertDiscreet(result.error, messages);
    }
    return results.map((result) => result.status);
  } catch (error) {
    if (!isOrderchartError(error, 'transportUnavailable')) throw error;
    assertDiscreet(error, messages);
    return messages.map(() => 'failed');
  }
}

function assertDiscreet(error: unknown, messages: readonly TransportMessage[]): void {
  const text = printed(error);
  for (const { body } of messages) {
    if (body.length < 8) continue;
    const start = Buffer.from(body.subarray(0, 30)).toString();
    assert.ok(!text.includes(Buffer.from(body).toString()), 'no error contains the body');
    assert.equal(leakOf(text, start), undefined, 'no error contains the body, in any encoding');
  }
}

/** Publishes a message as the engine does: repeatedly, until it is published. */
export function persist(
  context: TransportConformanceContext,
  message: TransportMessage,
): Promise<void> {
  return persistBatch(context, [message]);
}

/** Publishes the messages one after the other, each repeatedly until it is published. */
export async function persistInTurn(
  context: TransportConformanceContext,
  messages: readonly TransportMessage[],
): Promise<void> {
  for (const message of messages) await persist(context, message);
}

/** Publishes a batch, and repeats its unpublished messages until all are published. */
export async function persistBatch(
  context: TransportConformanceContext,
  batch: readonly TransportMessage[],
): Promise<void> {
  let rest = batch;
  const what = `${batch.map(({ id }) => id).join()}: published`;
  await context.eventually(what, async () => {
    const statuses = await publishAttempt(context, rest);
    assert.ok(!statuses.includes('refused'), 'nothing is refused');
    rest = rest.filter((_, index) => statuses[index] !== 'published');
    return rest.length === 0;
  });
}

/** Publishes all lanes at the same time, and calls `disturb` `times` times, evenly spread. */
export async function persistDisturbed(
  context: TransportConformanceContext,
  all: readonly (readonly TransportMessage[])[],
  times: number,
  disturb: () => Promise<void>,
): Promise<void> {
  const total = all.flat().length;
  let publishedCount = 0;
  let disturbedCount = 0;
  const persistLane = async (messages: readonly TransportMessage[]) => {
    for (const message of messages) {
      await persist(context, message);
      publishedCount += 1;
      if (disturbedCount >= times || publishedCount * (times + 1) < total * (disturbedCount + 1)) {
        continue;
      }
      disturbedCount += 1;
      await disturb();
    }
  };
  await Promise.all(all.map(persistLane));
}
