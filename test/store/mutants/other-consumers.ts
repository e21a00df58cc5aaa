import { OrderchartError } from '../../../src/errors.ts';
import type { Lease, LeaseRequest } from '../../../src/store/store.ts';
import { subscriptionMutant } from './consumers.ts';
import type { Mutant } from './mutant.ts';

const placeOf = ({ subscription, partition }: Pick<Lease, 'subscription' | 'partition'>): string =>
  JSON.stringify([subscription, partition]);

/** What an adapter for another database is likely to get wrong in leases, checkpoints and parking. */
export const otherConsumerMutants: readonly Mutant[] = [
  subscriptionMutant(
    'rewinding begins the epochs anew',
    'after rewinding, the old lease can do nothing, and the next one starts at the new position',
    (subscriptions) => {
      const epochs = new Map<string, number>();
      const skipped = new Map<string, number>();
      const real = (lease: Lease): Lease => ({
        ...lease,
        epoch: lease.epoch + (skipped.get(placeOf(lease)) ?? 0),
      });
      const told = (lease: Lease | undefined): Lease | undefined =>
        lease && { ...lease, epoch: lease.epoch - (skipped.get(placeOf(lease)) ?? 0) };
      return {
        acquire: async (request) => {
          const lease = await subscriptions.acquire(request);
          if (lease) epochs.set(placeOf(lease), lease.epoch);
          return told(lease);
        },
        rewind: async (subscription, partition, position) => {
          await subscriptions.rewind(subscription, partition, position);
          const place = placeOf({ subscription, partition });
          skipped.set(place, epochs.get(place) ?? 0);
        },
        renew: async (lease, ...rest) => told(await subscriptions.renew(real(lease), ...rest)),
        release: (lease) => subscriptions.release(real(lease)),
        checkpoint: async (lease, position) =>
          told(await subscriptions.checkpoint(real(lease), position)),
        park: async (lease, ...rest) => told(await subscriptions.park(real(lease), ...rest)),
        unpark: async (lease, ...rest) => told(await subscriptions.unpark(real(lease), ...rest)),
        project: async (lease, work) => told(await subscriptions.project?.(real(lease), work)),
      };
    },
  ),
  subscriptionMutant(
    'a holder that takes its lease again has it no longer',
    'the holder may take its lease again, which extends it',
    (subscriptions) => {
      const held = new Map<string, Pick<LeaseRequest, 'owner'> & { readonly expiresAt: number }>();
      const keep = (lease: Lease | undefined, expiresAt: number) => {
        if (lease) held.set(placeOf(lease), { owner: lease.owner, expiresAt });
        return lease;
      };
      return {
        acquire: async (request) => {
          const { now, owner } = request;
          const holder = held.get(placeOf(request));
          const isOurs = holder !== undefined && holder.owner === owner && now < holder.expiresAt;
          const durationMs = isOurs ? holder.expiresAt - now : request.durationMs;
          return keep(await subscriptions.acquire({ ...request, durationMs }), now + durationMs);
        },
        renew: async (lease, now, durationMs) =>
          keep(await subscriptions.renew(lease, now, durationMs), now + durationMs),
        release: async (lease) => {
          await subscriptions.release(lease);
          held.delete(placeOf(lease));
        },
        rewind: async (subscription, partition, position) => {
          await subscriptions.rewind(subscription, partition, position);
          held.delete(placeOf({ subscription, partition }));
        },
      };
    },
  ),
  subscriptionMutant(
    'a checkpoint where it stands already is refused',
    'a checkpoint or renewal that changes nothing does not count as a lost lease',
    (subscriptions) => ({
      checkpoint: async (lease, position) => {
        const present = (await subscriptions.checkpoints(lease.subscription)).find(
          ({ partition }) => partition === lease.partition,
        );
        // As a database says that changes no row when the values are the same.
        return present?.position === position
          ? undefined
          : subscriptions.checkpoint(lease, position);
      },
    }),
  ),
  subscriptionMutant(
    'the parked events of one lane are those of every tenant',
    'the lanes are the orders with a parked event, and one lane can be requested',
    (subscriptions) => ({
      parked: async (subscription, limit, lane) => {
        if (lane === undefined) return subscriptions.parked(subscription, limit);
        return (await subscriptions.parked(subscription, 1_000_000))
          .filter(({ event }) => event.orderId === lane.orderId)
          .slice(0, limit);
      },
    }),
  ),
  subscriptionMutant(
    'a page of parked orders begins behind an order of any tenant',
    'paging through parked orders returns each once, by its first event',
    (subscriptions) => ({
      parkedLanes: async ({ after, limit, ...query }) =>
        (await subscriptions.parkedLanes({ ...query, limit: 1_000_000 }))
          .filter(({ orderId }) => after === undefined || orderId > after.orderId)
          .slice(0, limit),
    }),
  ),
  subscriptionMutant(
    'what the work of a projection throws comes out as a failure of the store',
    'work that throws writes neither, and its error is passed on',
    (subscriptions) => ({
      project: async (lease, work) => {
        try {
          return await subscriptions.project?.(lease, work);
        } catch (cause) {
          throw new OrderchartError('storeUnavailable', 'The projection failed.', { cause });
        }
      },
    }),
  ),
];
