import { subscriptionMutant } from './consumers.ts';
import type { Mutant } from './mutant.ts';

/** Faults in the parking of events. */
export const parkingMutants: readonly Mutant[] = [
  subscriptionMutant(
    'a parked event is lost',
    'a parked event is read back as it was parked',
    () => ({
      park: async (lease) => lease,
    }),
  ),
  subscriptionMutant(
    'parking again keeps the first error',
    'parking an event again replaces its error and its attempts',
    (subscriptions) => ({
      park: async (lease, entries) => {
        const parked = await subscriptions.parked(lease.subscription, 10_000);
        const known = new Set(parked.map(({ event }) => event.id));
        const others = entries.filter(({ event }) => !known.has(event.id));
        return others.length === 0 ? lease : subscriptions.park(lease, others);
      },
    }),
  ),
  subscriptionMutant(
    'unparking one event frees its whole lane',
    'skipping removes one event, and returns whether it was there',
    (subscriptions) => ({
      skip: async (subscription, eventId) => {
        const parked = await subscriptions.parked(subscription, 10_000);
        const lane = parked.find((one) => one.event.id === eventId)?.event.orderId;
        let isRemoved = false;
        for (const { event } of parked.filter((one) => one.event.orderId === lane)) {
          isRemoved = await subscriptions.skip(subscription, event.id);
        }
        return isRemoved;
      },
    }),
  ),
  subscriptionMutant(
    'requeueing one lane requeues all',
    'requeueing turns the parked events of one lane, or of all, into waiting ones',
    (subscriptions) => ({
      requeue: (subscription) => subscriptions.requeue(subscription),
    }),
  ),
  subscriptionMutant(
    'of several events only the first is parked',
    'several events can be parked at once, in any order and of several orders',
    (subscriptions) => ({
      park: (lease, entries, transaction) =>
        subscriptions.park(lease, entries.slice(0, 1), transaction),
    }),
  ),
  subscriptionMutant(
    'parking again forgets that somebody asked for another attempt',
    'requeueing is counted and clears the time of the retry, and parking again keeps the count',
    (subscriptions) => ({
      park: async (lease, entries) => {
        for (const { event } of entries) {
          await subscriptions.skip(lease.subscription, event.id);
        }
        return subscriptions.park(lease, entries);
      },
    }),
  ),
  subscriptionMutant(
    'requeueing leaves events due',
    'requeueing is counted and clears the time of the retry, and parking again keeps the count',
    (subscriptions) => ({
      parked: async (...what) =>
        (await subscriptions.parked(...what)).map((one) => ({
          ...one,
          retryAt: one.requeues > 0 ? one.parkedAt : one.retryAt,
        })),
    }),
  ),
  subscriptionMutant(
    'a page of parked orders begins with the last of the page before',
    'paging through parked orders returns each once, by its first event',
    (subscriptions) => ({
      parkedLanes: async (query) => {
        const { after } = query;
        if (after === undefined || query.limit === 1) return subscriptions.parkedLanes(query);
        const page = await subscriptions.parkedLanes({ ...query, limit: query.limit - 1 });
        const all = await subscriptions.parkedLanes({
          subscription: query.subscription,
          limit: 100,
        });
        const last = all.filter(
          (one) => one.tenantId === after.tenantId && one.orderId === after.orderId,
        );
        return [...last, ...page];
      },
    }),
  ),
  subscriptionMutant(
    'parked orders are told of every partition',
    'the parked orders of one partition can be requested',
    (subscriptions) => ({
      parkedLanes: ({ partition: _, ...query }) => subscriptions.parkedLanes(query),
    }),
  ),
  subscriptionMutant(
    'an event of an order placed anew is not parked',
    'an event of an order that was placed again replaces the old one',
    (subscriptions) => ({
      park: async (lease, entries) => {
        const [entry] = entries;
        const { tenantId, orderId, version } = entry?.event ?? {};
        const parked = await subscriptions.parked(lease.subscription, 1000);
        const isThere = parked.some(
          ({ event }) =>
            event.tenantId === tenantId && event.orderId === orderId && event.version === version,
        );
        const isOther = !parked.some(({ event }) => event.id === entry?.event.id);
        return isThere && isOther ? lease : subscriptions.park(lease, entries);
      },
    }),
  ),
];
