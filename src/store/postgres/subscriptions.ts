import type { SubscriptionStore } from '../store.ts';
import type { Connections } from './connections.ts';
import type { Hints } from './hints.ts';
import { Leases } from './leases.ts';
import { Members } from './members.ts';
import { Parking } from './parking.ts';

/** The subscriptions' part of the port: who takes part, who holds which place, what is parked. */
export function subscriptionsOf(
  connections: Connections,
  hints: Hints,
  schema: string,
): Required<SubscriptionStore> {
  const leases = new Leases(connections, schema);
  const members = new Members(connections, schema);
  const parking = new Parking(connections, schema);
  const announce = (): void => hints.announce();
  return {
    join: (request) => members.join(request),
    leave: (subscription, owner) => members.leave(subscription, owner).then(announce),
    remove: (subscription, now) => members.remove(subscription, now),
    acquire: (request) => leases.acquire(request),
    renew: (lease, now, durationMs) => leases.renew(lease, now, durationMs),
    release: (lease) => leases.release(lease).then(announce),
    checkpoint: (lease, position) => leases.checkpoint(lease, position),
    checkpoints: (subscription) => leases.checkpoints(subscription),
    rewind: (...where) => leases.rewind(...where),
    project: (lease, work) => leases.project(lease, work),
    park: (lease, entry, transaction) => parking.park(lease, entry, transaction),
    parked: (...what) => parking.parked(...what),
    parkedLanes: (subscription) => parking.parkedLanes(subscription),
    requeue: (subscription, lane) => parking.requeue(subscription, lane),
    unpark: (...what) => parking.unpark(...what),
  };
}
