import { setTimeout as pause } from 'node:timers/promises';
import type { TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
import { messageOf, publish, upTo } from './given.ts';

/**
 * Publishes and consumes `count` messages, one after the other. It also waits in real time: some
 * brokers are so fast that a timer that wrongly fires immediately would still fire too late.
 */
export async function passTime(
  { transport }: TransportConformanceContext,
  consumer: Consumer,
  count: number,
): Promise<void> {
  for (const number of upTo(count)) {
    const message = messageOf(1_000 + number);
    await publish(transport, message);
    await consumer.untilAll([message]);
    await pause(5);
  }
}
