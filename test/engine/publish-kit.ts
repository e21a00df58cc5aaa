import type { OrderEngine, TransportMessage } from 'orderchart';
import { annotate, place } from './kit.ts';

/** Ids of that many orders. */
export function ids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `order-${index + 1}`);
}

/** Every order placed and annotated a number of times. */
export async function live(
  engine: OrderEngine,
  orderIds: readonly string[],
  notes: number,
): Promise<void> {
  await Promise.all(
    orderIds.map(async (orderId) => {
      await engine.execute(place(orderId));
      for (let at = 0; at < notes; at += 1) await engine.execute(annotate(orderId, `${at}`));
    }),
  );
}

/** The sequences of an order's messages, in their order. */
export function sequencesOf(messages: readonly TransportMessage[], orderId: string) {
  return messages.filter(({ key }) => key === `default/${orderId}`).map(({ sequence }) => sequence);
}
