import { subscriptionMutant } from '../consumers.ts';
import type { Mutant } from '../mutant.ts';
import {
  acquiredAgainUnextended,
  answersOutliveRollback,
  falsyErrorLost,
  headsRequeued,
  listenersByIndex,
  projectRetried,
  purgedWithAlike,
  refusedWhenExpired,
  removedWithAlike,
  rewindOverwritten,
  unchangedLease,
} from './changes.ts';
import {
  bytesRevived,
  cachedByVersion,
  cachedStatuses,
  feedEndCached,
  listAfterFilteredRow,
  listAfterRow,
  purgedEventsFound,
  timesRevived,
  unknownKeysCached,
} from './reads.ts';

const readAgain = 'a repeated read returns what was written since the first one';
const readAgainElsewhere = 'a read that one handle repeats returns what the other one wrote since';
const listAfterPlace =
  'a page of a list starts after a place, even if the order there has changed or is gone';
const lookalikes =
  'texts and objects that look like other types are read back as they were written';
const alikeSubscriptions =
  'changing or removing a subscription leaves others alone whose names start like it or match it';
const anyError =
  'the work is called once, and its error is passed on unchanged, whatever the error is';

const readMutants: readonly Mutant[] = [
  {
    name: 'a loaded record is cached as long as its version is the same',
    killedBy: readAgain,
    mutate: cachedByVersion,
  },
  {
    name: 'the statuses that a list selects are cached in each handle',
    killedBy: readAgainElsewhere,
    mutate: cachedStatuses,
  },
  {
    name: 'a key that was unknown stays unknown to a handle that writes nothing',
    killedBy: readAgainElsewhere,
    mutate: unknownKeysCached,
  },
  {
    name: 'the end of the feed stays the same for a handle that writes nothing',
    killedBy: readAgainElsewhere,
    mutate: feedEndCached,
  },
  {
    name: 'a position is found by the time of an event that was purged',
    killedBy: 'a position is found by time past purged events, even when clocks disagree',
    mutate: purgedEventsFound,
  },
  {
    name: 'nothing follows an order of a list that was purged',
    killedBy: listAfterPlace,
    mutate: listAfterRow,
  },
  {
    name: 'a list starts over after an order that left it',
    killedBy: listAfterPlace,
    mutate: listAfterFilteredRow,
  },
  {
    name: 'texts of times become dates',
    killedBy: lookalikes,
    mutate: timesRevived,
  },
  {
    name: 'objects that look like buffers become buffers',
    killedBy: lookalikes,
    mutate: bytesRevived,
  },
];

const expired =
  'an expired lease that no other owner took allows every write, whatever times other calls pass';

const leaseMutants: readonly Mutant[] = [
  ...(['checkpoint', 'park', 'unpark'] as const).map((name) =>
    subscriptionMutant(`an expired lease is refused by ${name}`, expired, (inner) =>
      refusedWhenExpired(inner, name),
    ),
  ),
  ...(['checkpoint', 'unpark'] as const).map((name) =>
    subscriptionMutant(
      `a lease is not written by a ${name} that changes nothing`,
      'a write under a lease raises its revision even if it changes nothing',
      (inner) => unchangedLease(inner, name),
    ),
  ),
  subscriptionMutant(
    'acquiring a held lease again does not extend it',
    'the holder may take its lease again, which extends it',
    acquiredAgainUnextended,
  ),
  subscriptionMutant(
    'the first lease after rewinding starts where the subscription would',
    'rewinding moves the checkpoint backward or forward, and creates it if there is none',
    rewindOverwritten,
  ),
];

const changeMutants: readonly Mutant[] = [
  {
    name: 'the number of a history is counted, so that a restored backup counts to it again',
    killedBy: 'raiseHistory returns no number that a restored backup may count to',
    mutate: (store) => ({ features: { ...store.features, durable: true } }),
  },
  subscriptionMutant(
    'removing a subscription takes the parked events of those whose names start with its name',
    alikeSubscriptions,
    (inner) => removedWithAlike(inner, (name, removed) => name.startsWith(removed)),
  ),
  subscriptionMutant(
    'the name of a removed subscription is a pattern',
    alikeSubscriptions,
    (inner) =>
      removedWithAlike(
        inner,
        (name, removed) => removed.endsWith('%') && name.startsWith(removed.slice(0, -1)),
      ),
  ),
  {
    name: 'purging an order takes the events of those whose names start with its name',
    killedBy:
      'purging an order leaves others alone whose names or tenants start like it or match it',
    mutate: purgedWithAlike,
  },
  subscriptionMutant(
    'requeueing reaches the first event of each order only',
    'requeueing turns the parked events of one lane, or of all, into waiting ones',
    headsRequeued,
  ),
  subscriptionMutant(
    'the work of a projection is called again after an error that looks like one of the store',
    anyError,
    projectRetried,
  ),
  subscriptionMutant(
    'an error of the work of a projection is lost when it is falsy',
    anyError,
    falsyErrorLost,
  ),
  {
    name: 'an answer is known although its transaction was rolled back',
    killedBy: 'nothing is left when the host rolls back, and the feed has no gap',
    mutate: answersOutliveRollback,
  },
  {
    name: 'ending one listener takes out another one later',
    killedBy: 'listeners may be ended in any order, and none gets news after its end',
    mutate: listenersByIndex,
  },
];

/** Faults that were thought of by readers of the port and the guide only, and their siblings. */
export const thirdTrialMutants: readonly Mutant[] = [
  ...readMutants,
  ...leaseMutants,
  ...changeMutants,
];
