import type { Transport, TransportMessage } from '../../transport/transport.ts';
import type { Arrivals } from './case.ts';
import { missingOf, startConsumer } from './consumer.ts';
import { eventually } from './waiting.ts';

/** The means of observing what arrives from a transport. */
export interface ArrivalSource {
  readonly transport: Transport;
  readonly received?: () => readonly TransportMessage[] | Promise<readonly TransportMessage[]>;
}

/** Starts observing arrivals: by `received` if the factory provides it, otherwise by consuming. */
export function arrivalsOf(source: ArrivalSource, patienceMs: number): Promise<Arrivals> {
  const { transport, received } = source;
  return received ? receivedArrivals(received, patienceMs) : consumed(transport, patienceMs);
}

async function consumed(transport: Transport, patienceMs: number): Promise<Arrivals> {
  const consumer = await startConsumer(transport, {}, patienceMs);
  return {
    get messages() {
      return consumer.messages;
    },
    until: async (expected) => {
      await consumer.untilAll(expected);
      return consumer.messages;
    },
  };
}

async function receivedArrivals(
  received: NonNullable<ArrivalSource['received']>,
  patienceMs: number,
): Promise<Arrivals> {
  let messages = await received();
  return {
    get messages() {
      return messages;
    },
    until: async (expected) => {
      const isAllThere = async () => {
        messages = await received();
        return missingOf(expected, messages).length === 0;
      };
      await eventually(`the arrival of ${expected.length} messages`, isAllThere, patienceMs);
      return messages;
    },
  };
}
