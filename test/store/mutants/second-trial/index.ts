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
    killedBy: 'a new order that is refused with a conflict leaves its number free',
    mutate: numberStaysReserved,
  },
  {
    name: 'a key is known only with the order that it was used for',
    killedBy:
      'a duplicate is recognized by its identity alone, with the stored fingerprint and order',
    mutate: keyPerOrder,
  },
  {
    name: 'a history is sorted by the ids of its events',
    killedBy: 'a history is sorted by version, whatever the ids and times of its events',
    mutate: historyById,
  },
  {
    name: 'dots in the names of members are written as wide ones',
    killedBy: 'names of members keep their characters: dots, dollars, wide ones and escapes',
    mutate: fullwidthNames,
  },
  {
    name: 'a commit that was written while the store closed is told as failed',
    killedBy: 'closing finishes every call in progress',
    mutate: closeTellsFailed,
  },
  {
    name: 'due orders are sorted by tenant and order as one text',
    killedBy: 'ids are compared separately, tenant first, even if one is a prefix of another',
    mutate: dueByJoinedKey,
  },
  {
    name: 'a deadline that keeps its moment keeps its name',
    killedBy: 'the name of a deadline changes with its order',
    mutate: dueNameStale,
  },
  {
    name: 'the wanted state is a pattern',
    killedBy: 'regions, states and deadlines stay distinct',
    mutate: statusLike,
  },
  {
    name: 'the bytes of a list are counted in characters',
    killedBy: 'a list and a page of parked events count bytes, too, not characters',
    mutate: listInCharacters,
  },
  {
    name: 'a purge has one limit for both kinds',
    killedBy: 'the limit of a purge applies to orders and to commands separately',
    mutate: limitOfBothKinds,
  },
  {
    name: 'an order that left the archive is purged all the same',
    killedBy: 'an order that is no longer archived stays, however long ago it was archived',
    mutate: archivedForGood,
  },
  {
    name: 'the end of a partition is the last event that is there',
    killedBy: 'a reader at the end can go on after the last events are purged',
    mutate: endOfRows,
  },
  {
    name: 'asking for the number of the history raises it',
    killedBy:
      'raiseHistory returns the number of the history unchanged while it is above the given one',
    mutate: historyAlwaysRaised,
  },
  {
    name: 'parking again cannot take the moment of the next attempt away',
    killedBy: 'parking again may clear an error, a time and attempts, and set them again',
    mutate: retryAtCoalesced,
  },
  {
    name: 'parked events of an order come by version as text',
    killedBy: 'parked events are sorted by tenant, order and version, up to the limit',
    mutate: parkedVersionAsText,
  },
  {
    name: 'a page of parked orders begins anew behind one that is not parked any more',
    killedBy:
      'a page of parked orders starts after a place, even if the order there is no longer parked',
    mutate: lostLaneCursor,
  },
  {
    name: 'unparking ignores the transaction',
    killedBy: 'parking and unparking in a projection take effect only if the projection succeeds',
    mutate: unparkOutside,
  },
  {
    name: 'a renewal counts from the end of the lease',
    killedBy: 'a renewal extends a lease from the time of the renewal, not from its old end',
    mutate: renewalFromFormerEnd,
  },
  {
    name: 'the owner of a lease is compared without case',
    killedBy: 'names of owners stay distinct, and members are sorted by code point',
    mutate: leaseOwnerWithoutCase,
  },
  {
    name: 'a filter in place of another is recorded only where one is',
    killedBy: 'a filter that is to replace another one is recorded even if there is none',
    mutate: replacingRecordsNothing,
  },
];
