import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import { checkOptions, oneOf } from '../options.ts';
import type { Commit, CommitOutcome, OrderStore } from '../store/store.ts';
import { delegateStore } from './delegate.ts';
import { seededRandom } from './random.ts';

/** The faults that can be injected into a call of `commit`. */
export const storeFaults = [
  /** Nothing is written; throws `storeUnavailable`. */
  'unavailable',
  /** Nothing is written; throws `outcomeUnknown`, as if the request was lost. */
  'requestLost',
  /** Everything is written; throws `outcomeUnknown`, as if the answer was lost. */
  'answerLost',
  /** The first commit is not written and is answered `conflict`; the others are written. */
  'conflict',
  /** Written immediately, answered some turns of the event loop later, after other calls. */
  'lateAnswer',
  /** Written some turns of the event loop later, after other calls. */
  'lateWrite',
] as const;

/** One of {@link storeFaults}. */
export type StoreFault = (typeof storeFaults)[number];

/** Options of {@link faultyStore}: a seed, or a list of faults. */
export type FaultOptions =
  | {
      /** Selects the faults. The same seed and calls result in the same faults. */
      readonly seed: number;
      /** The share of calls with a fault, from 0 to 1. Default 0.2. */
      readonly rate?: number;
      /** The faults to choose from. Default: all. */
      readonly faults?: readonly StoreFault[];
    }
  | {
      /** The fault of each call of `commit`, in order. Later calls have no fault. */
      readonly plan: readonly (StoreFault | undefined)[];
    };

const fault = oneOf(...storeFaults);

/** The fields of both forms: a seed, or a plan. */
const schema = z.strictObject({
  seed: z.number('must be a number').optional(),
  rate: rateSchema().optional(),
  faults: z.array(fault, 'must be a list of faults').optional(),
  plan: z.array(fault.optional(), 'must be a list of faults').optional(),
});

/** The schema of the share of calls with a fault. */
export function rateSchema() {
  const text = 'must be a number from 0 to 1';
  return z.number(text).min(0, text).max(1, text);
}

/** A store with faults, and a record of them. */
export interface FaultyStore extends OrderStore {
  /** The faults injected so far. `call` counts the calls of `commit` from 0. */
  readonly injected: readonly { readonly call: number; readonly fault: StoreFault }[];
}

/**
 * Wraps a store so that some of its commits fail in ways that the port allows. The stored data
 * stays consistent: only answers are wrong or late.
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
    // Always draw, so that one fault more or less does not change all later ones.
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
