import { casesOf } from './case.ts';
import { assertArrived, assertInOrder, lanes, messageOf, publish, upTo } from './given.ts';
import { persist, persistDisturbed } from './persist.ts';

export const durabilityCases = [
  ...casesOf('durability', ['durable', 'consumes', 'again'], {
    'published messages are still there after every transport was closed': async (context) => {
      const { transport, again, consume, within } = context;
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await within('`close` settles', transport.close());
      const consumer = await consume({ transport: await again() });
      await consumer.untilAll(messages);
      assertArrived(consumer.messages, messages);
    },
  }),

  ...casesOf('durability', ['durable', 'consumes', 'restartBroker'], {
    'published messages are still there after a restart of the broker': async (context) => {
      const { transport, consume, restartBroker } = context;
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await restartBroker();
      // Once this succeeds, the transport has reconnected.
      await persist(context, messageOf(11));
      const consumer = await consume();
      await consumer.untilAll([...messages, messageOf(11)]);
      assertArrived(consumer.messages, [...messages, messageOf(11)]);
    },

    'a restart under load loses nothing, and order holds': async (context) => {
      const { transport, consume, restartBroker } = context;
      const consumer = await consume();
      const all = lanes(10, 20);
      await persistDisturbed(context, all, 1, restartBroker);
      await consumer.untilAll(all.flat());
      assertArrived(consumer.messages, all.flat());
      if (transport.features.ordered) assertInOrder(consumer.messages);
    },
  }),
];
