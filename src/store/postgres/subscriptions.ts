import type { SubscriptionStore } from '../store.ts';
import type { Calls } from './calls.ts';
import type { Connections } from './connections.ts';
import type { Hints } from './hints.ts';
import { Leases } from './leases.ts';
import { Members } from './members.ts';
import { Parking } from './parking.ts';

/** Returns the part of the port for subscriptions: members, leases, checkpoints and parked events. */
export function subscriptionsOf(
  connections: Connections,
  hints: Hints,
  schema: string,
  calls: Calls,
): Required<SubscriptionStore> {
  const leases = new Leases(connections, schema);
  const members = new Members(connections, schema);
  const parking = new Parking(connections, schema);
  const announce = (): void => hints.announce();
  return {
    claimFilter: (...what) => calls.run(() => members.claimFilter(...what)),
    join: (request) => calls.run(() => members.join(request)),
    leave: (subscription, owner) =>
      calls.run(() => members.leave(subscription, owner).then(announce)),
    remove: (subscription, now) => calls.run(() => members.remove(subscription, now)),
    acquire: (request) => calls.run(() => leases.acquire(request)),
    renew: (lease, now, durationMs) => calls.run(() => leases.renew(lease, now, durationMs)),
    release: (lease) => calls.run(() => leases.release(lease).then(announce)),
    checkpoint: (lease, position) => calls.run(() => leases.checkpoint(lease, position)),
    checkpoints: (subscription) => calls.run(() => leases.checkpoints(subscription)),
    rewind: (...where) => calls.run(() => leases.rewind(...where)),
    project: (lease, work) => calls.run(() => leases.project(lease, work)),
    park: (lease, entries, transaction) =>
      calls.run(() => parking.park(lease, entries, transaction)),
    parked: (...what) => calls.run(() => parking.parked(...what)),
    parkedLanes: (query) => calls.run(() => parking.parkedLanes(query)),
    requeue: (subscription, lane) => calls.run(() => parking.requeue(subscription, lane)),
    unpark: (...what) => calls.run(() => parking.unpark(...what)),
    skip: (...what) => calls.run(() => parking.skip(...what)),
  };
}
