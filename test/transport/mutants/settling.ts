import type { Delivery } from '../../../src/transport/transport.ts';
import { copyOf, type ReferenceBroker, type ReferenceConsumption } from '../reference.ts';
import { consuming, delivering, type TransportMutant } from './mutant.ts';

const twiceCase = 'acking a delivery twice acks no other delivery, and breaks nothing';
const ackAfterNackCase =
  'an ack after a nack changes nothing: the message is redelivered, and stays until it is acked';
const lateCase =
  'an ack after its consumption was closed rejects, and acks nothing of the next consumer';

/** Changes what a second answer to a delivery does. */
function answeredTwice(
  name: string,
  killedBy: string,
  again: (delivery: Delivery, broker: ReferenceBroker, consumption: ReferenceConsumption) => void,
): TransportMutant {
  return consuming(name, killedBy, async (consume, options, broker) => {
    const running = Promise.withResolvers<ReferenceConsumption>();
    const deliver = (delivery: Delivery) => {
      let isAnswered = false;
      const answer = (tell: () => Promise<void>) => async () => {
        if (!isAnswered) {
          isAnswered = true;
          return tell();
        }
        again(delivery, broker, await running.promise);
      };
      options.deliver({ ...delivery, ack: answer(delivery.ack), nack: answer(delivery.nack) });
    };
    const consumption = (await consume({ ...options, deliver })) as ReferenceConsumption;
    running.resolve(consumption);
    return consumption;
  });
}

const entryOf = (broker: ReferenceBroker, { message }: Delivery) =>
  broker.entries.find((entry) => entry.message.id === message.id);

/** Faults in answering a delivery a second time, or late. */
export const settlingMutants: readonly TransportMutant[] = [
  answeredTwice('a second ack acks the oldest that is in hand', twiceCase, (_, broker) => {
    const oldest = broker.entries.find(({ holder }) => holder !== undefined);
    if (oldest) broker.ack(oldest);
  }),
  answeredTwice('a second ack closes the channel', twiceCase, (_, broker) => broker.cut()),
  answeredTwice(
    'a nack brings back what was acked',
    'a nack after an ack changes nothing: the message stays acked',
    ({ message }, broker) => {
      if (broker.entries.some((entry) => entry.message.id === message.id)) return;
      broker.ids.delete(message.id);
      broker.store(copyOf(message));
    },
  ),
  answeredTwice('an ack is taken for the next delivery', ackAfterNackCase, (delivery, broker) => {
    const entry = entryOf(broker, delivery);
    if (entry) broker.ack(entry);
  }),
  answeredTwice(
    'each answer makes room',
    'answering a delivery twice makes room for one message only',
    (_, broker, consumption) => {
      consumption.held -= 1;
      broker.pump();
    },
  ),
  consuming('an ack after the end says that all is well', lateCase, async (consume, options) => {
    let isClosed = false;
    const consumption = await consume({
      ...options,
      deliver: (delivery) =>
        options.deliver({
          ...delivery,
          ack: async () => (isClosed ? undefined : delivery.ack()),
        }),
    });
    return {
      stop: () => consumption.stop(),
      close: async () => {
        isClosed = true;
        await consumption.close();
      },
    };
  }),
  delivering(
    'acks wait for others, and are dropped at the end',
    'acks in progress when a consumption is closed reach the broker',
    (delivery) => ({
      ack: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await delivery.ack();
      },
    }),
  ),
  delivering(
    'an ack resolves before it is on its way',
    'an ack that resolved counts, even if its transport is closed immediately afterwards',
    (delivery) => ({
      ack: async () => {
        setTimeout(() => delivery.ack().catch(() => undefined), 20);
      },
    }),
  ),
];
