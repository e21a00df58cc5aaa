import type { Mutant } from '../mutant.ts';
import {
  closeTellsFailed,
  fullwidthNames,
  historyById,
  keyPerOrder,
  numberStaysReserved,
} from './commits.ts';
import { leaseOwnerWithoutCase, renewalFromFormerEnd, replacingRecordsNothing } from './leases.ts';
import {
  archivedForGood,
  dueByJoinedKey,
  dueNameStale,
  limitOfBothKinds,
  listInCharacters,
  statusLike,
} from './lists.ts';
import {
  endOfRows,
  historyAlwaysRaised,
  lostLaneCursor,
  parkedVersionAsText,
  retryAtCoalesced,
  unparkOutside,
} from './subscriptions.ts';

/** The second twenty faults that were thought of without a look at the suite. */
export const secondTrialMutants: readonly Mutant[] = [
  {
    name: 'a new order in conflict keeps the number that it was to have',
    killedBy: 'a new order that is refused in conflict leaves its number to others',
    mutate: numberStaysReserved,
  },
  {
    name: 'a key is known only with the order that it was used for',
    killedBy: 'a duplicate is told by its identity alone, with the stored fingerprint and order',
    mutate: keyPerOrder,
  },
  {
    name: 'a history is sorted by the ids of its events',
    killedBy: 'a history comes by version, whatever the ids and times of its events',
    mutate: historyById,
  },
  {
    name: 'dots in the names of members are written as wide ones',
    killedBy:
      'members keep the signs of their names: dots and dollars, wide ones, and what escapes them',
    mutate: fullwidthNames,
  },
  {
    name: 'a commit that was written while the store closed is told as failed',
    killedBy: 'closing finishes every call that is under way',
    mutate: closeTellsFailed,
  },
  {
    name: 'due orders are sorted by tenant and order as one text',
    killedBy:
      'ids are compared one after the other, tenant first, also where one begins as another',
    mutate: dueByJoinedKey,
  },
  {
    name: 'a deadline that keeps its moment keeps its name',
    killedBy: 'the name of a deadline changes with its order',
    mutate: dueNameStale,
  },
  {
    name: 'the wanted state is a pattern',
    killedBy: 'every region, state and deadline means itself',
    mutate: statusLike,
  },
  {
    name: 'the bytes of a list are counted in characters',
    killedBy: 'a list and a page of parked events count bytes as well, not characters',
    mutate: listInCharacters,
  },
  {
    name: 'a purge has one limit for both kinds',
    killedBy: 'the limit of a purge counts for orders and for commands, each by itself',
    mutate: limitOfBothKinds,
  },
  {
    name: 'an order that left the archive is purged all the same',
    killedBy: 'an order that left the archive stays, however long ago that was',
    mutate: archivedForGood,
  },
  {
    name: 'the end of a partition is the last event that is there',
    killedBy: 'whoever stands at the end stands there once the last events are purged',
    mutate: endOfRows,
  },
  {
    name: 'asking for the number of the history raises it',
    killedBy: 'the number of a history is told, and not raised, while it is above what is named',
    mutate: historyAlwaysRaised,
  },
  {
    name: 'parking again cannot take the moment of the next attempt away',
    killedBy: 'parking again may take an error, a moment and attempts away, and give them back',
    mutate: retryAtCoalesced,
  },
  {
    name: 'parked events of an order come by version as text',
    killedBy: 'parked events come by tenant, order and version, at most as many as asked',
    mutate: parkedVersionAsText,
  },
  {
    name: 'a page of parked orders begins anew behind one that is not parked any more',
    killedBy: 'a page of parked orders begins behind a place, whatever became of the order there',
    mutate: lostLaneCursor,
  },
  {
    name: 'unparking ignores the transaction',
    killedBy: 'parking and unparking in it hold when it ends well, and only then',
    mutate: unparkOutside,
  },
  {
    name: 'a renewal counts from the end of the lease',
    killedBy: 'a renewed lease ends so long after its renewal, not after it would have ended',
    mutate: renewalFromFormerEnd,
  },
  {
    name: 'the owner of a lease is compared without case',
    killedBy: 'every owner means itself, and members come as their characters count',
    mutate: leaseOwnerWithoutCase,
  },
  {
    name: 'a filter in place of another is recorded only where one is',
    killedBy: 'a filter that is to take the place of another is recorded where there is none',
    mutate: replacingRecordsNothing,
  },
];
