import type { Consumption, Delivery, Transport, TransportMessage } from 'orderchart';
import { eventually } from '../eventually.ts';

/** A consumer that remembers what it was given, and acks it unless it is told to hold. */
export interface Collector {
  readonly deliveries: readonly Delivery[];
  readonly errors: readonly unknown[];
  readonly consumption: Consumption;
  readonly ids: () => readonly string[];
  readonly untilIds: (ids: readonly string[]) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function collect(
  transport: Transport,
  { hold = false, maximumInFlight = 100 }: { hold?: boolean; maximumInFlight?: number } = {},
): Promise<Collector> {
  const deliveries: Delivery[] = [];
  const errors: unknown[] = [];
  const consumption = await transport.consume?.({
    maximumInFlight,
    deliver: (delivery) => {
      deliveries.push(delivery);
      // A rejected ack means that the message comes again, which these tests allow for.
      if (!hold) delivery.ack().catch(() => undefined);
    },
    onError: (error) => errors.push(error),
  });
  if (consumption === undefined) throw new Error('the transport does not consume');
  const ids = () => deliveries.map(({ message }) => message.id);
  return {
    deliveries,
    errors,
    consumption,
    ids,
    untilIds: async (expected) => {
      await eventually(`the delivery of ${expected.length} messages`, () => {
        const found = new Set(ids());
        return expected.every((id) => found.has(id));
      });
    },
    end: async () => {
      await consumption.stop();
      await consumption.close();
    },
  };
}

const encoder = new TextEncoder();

export function testMessage(
  id: string,
  overrides: Partial<TransportMessage> = {},
): TransportMessage {
  return {
    id,
    key: `order-${id}`,
    type: 'order.placed',
    sequence: 1,
    headers: { 'content-type': 'application/json', 'ce-id': id },
    body: encoder.encode(`{"id":"${id}"}`),
    ...overrides,
  };
}

/** Publishes one message as the engine does: until it is published. Gives how often it failed. */
export async function persist(transport: Transport, message: TransportMessage): Promise<number> {
  let failures = 0;
  await eventually(
    `${message.id} is published`,
    async () => {
      const [result] = await transport.publish([message]);
      if (result?.status === 'refused') throw new Error(result.reason);
      if (result?.status === 'published') return true;
      failures += 1;
      return false;
    },
    300_000,
  );
  return failures;
}
