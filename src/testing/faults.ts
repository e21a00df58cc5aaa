import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import { checkOptions, oneOf } from '../options.ts';
import type { Commit, CommitOutcome, OrderStore } from '../store/store.ts';
import { delegateStore } from './delegate.ts';
import { seededRandom } from './random.ts';

/** What can be made to go wrong with one call of `commit`. */
export const storeFaults = [
  /** Nothing is written; throws `storeUnavailable`. */
  'unavailable',
  /** Nothing is written; throws `outcomeUnknown`, as when the request was lost on its way. */
  'requestLost',
  /** Everything is written; throws `outcomeUnknown`, as when the answer was lost on its way. */
  'answerLost',
  /** The first commit is not written and answered `conflict`; the others go on. */
  'conflict',
  /** Written at once, answered some turns of the event loop later, after other calls. */
  'lateAnswer',
  /** Written some turns of the event loop later, after other calls. */
  'lateWrite',
] as const;

/** One of {@link storeFaults}. */
export type StoreFault = (typeof storeFaults)[number];

/** What {@link faultyStore} takes: a seed, or the faults themselves. */
export type FaultOptions =
  | {
      /** Chooses the faults; the same seed and the same calls give the same faults. */
      readonly seed: number;
      /** How many commits have a fault, from 0 to 1. Default 0.2. */
      readonly rate?: number;
      /** The faults to choose from; all by default. */
      readonly faults?: readonly StoreFault[];
    }
  | {
      /** The fault of each call of `commit`, in the order of the calls; none after its end. */
      readonly plan: readonly (StoreFault | undefined)[];
    };

const fault = oneOf(...storeFaults);

/** Both forms: a seed, or a plan. */
const schema = z.strictObject({
  seed: z.number('must be a number').optional(),
  rate: rateSchema().optional(),
  faults: z.array(fault, 'must be a list of faults').optional(),
  plan: z.array(fault.optional(), 'must be a list of faults').optional(),
});

/** How many calls have a fault. */
export function rateSchema() {
  const text = 'must be a number from 0 to 1';
  return z.number(text).min(0, text).max(1, text);
}

/** A store with faults, and the faults that it has had so far. */
export interface FaultyStore extends OrderStore {
  /** `call` counts the calls of `commit` from 0. */
  readonly injected: readonly { readonly call: number; readonly fault: StoreFault }[];
}

/**
 * Wraps a store so that some of its commits go wrong in the ways the port allows. What it leaves
 * in the store is always whole: it lies about nothing but the outcome.
 *
 * @example
 * const store = faultyStore(createMemoryStore(), { seed: 7, rate: 0.3 });
 *
 * @example
 * // The second commit is written, and its answer is lost.
 * const store = faultyStore(createMemoryStore(), { plan: [undefined, 'answerLost'] });
 */
export function faultyStore(store: OrderStore, options: FaultOptions): FaultyStore {
  checkOptions('faultyStore', schema, options);
  const random = seededRandom('seed' in options ? options.seed : 0);
  const injected: { call: number; fault: StoreFault }[] = [];
  let calls = 0;
  const commit = async (commits: readonly Commit[]): Promise<readonly CommitOutcome[]> => {
    const call = calls;
    calls += 1;
    const fault = 'plan' in options ? options.plan[call] : chooseFault(options, random);
    // Drawn in any case, so that one fault more or less does not change all later ones.
    const turnCount = 1 + Math.floor(random() * 5);
    if (fault === undefined) return store.commit(commits);
    injected.push({ call, fault });
    return commitWith(fault, store, commits, turnCount);
  };
  return { ...delegateStore(store), name: `faulty ${store.name}`, commit, injected };
}

function chooseFault(
  { rate = 0.2, faults = storeFaults }: Extract<FaultOptions, { readonly seed: number }>,
  random: () => number,
): StoreFault | undefined {
  const [isFault, choice] = [random() < rate, random()];
  return isFault ? faults[Math.floor(choice * faults.length)] : undefined;
}

async function commitWith(
  fault: StoreFault,
  store: OrderStore,
  commits: readonly Commit[],
  turnCount: number,
): Promise<readonly CommitOutcome[]> {
  switch (fault) {
    case 'unavailable':
      throw injectedError('storeUnavailable', fault);
    case 'requestLost':
      throw injectedError('outcomeUnknown', fault);
    case 'answerLost':
      await store.commit(commits);
      throw injectedError('outcomeUnknown', fault);
    case 'conflict': {
      const rest = await store.commit(commits.slice(1));
      return commits.length === 0 ? rest : [{ status: 'conflict' }, ...rest];
    }
    case 'lateAnswer': {
      const outcomes = await store.commit(commits);
      await turns(turnCount);
      return outcomes;
    }
    case 'lateWrite':
      await turns(turnCount);
      return store.commit(commits);
  }
}

function injectedError(code: 'storeUnavailable' | 'outcomeUnknown', fault: StoreFault) {
  return new OrderchartError(code, `The fault "${fault}" was injected by faultyStore.`, {
    details: { fault },
  });
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}
