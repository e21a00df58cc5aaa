import { setTimeout as delay } from 'node:timers/promises';
import type { OrderEvent } from '../../../src/order/envelope.ts';
import type { Cluster } from '../../postgres/cluster.ts';
import { checkBooks, type WrongAnswer, wrongAnswers } from './books.ts';
import { checkDeliveries, deliveredCount, readDeliveries } from './deliveries.ts';
import type { EngineProcess } from './engine-handle.ts';
import type { StoreAddress } from './engine-process-options.ts';
import type { Findings } from './fault-test.ts';
import { estateOf, subscriptionName } from './finish.ts';
import { connectStore, type PostgresTarget, type Target } from './target.ts';
import { until } from './until.ts';
import type { Acknowledgement } from './workload.ts';

type FindWrong = (answers: readonly Acknowledgement[]) => Promise<readonly WrongAnswer[]>;

/** What a round ends with after the history of its store has changed, or may have changed. */
export interface Succession {
  readonly target: Target;
  /** They have run all the time, and still do. */
  readonly processes: readonly EngineProcess[];
  /** How long the processes are waited for, when they deliver what is left. */
  readonly patienceMs?: number | undefined;
  /**
   * Where the commits are that went lost; what is acknowledged must be in one of the two. Left out
   * where nothing may be lost at all.
   */
  readonly lost?: undefined | { readonly wrongAnswers: FindWrong };
}

/**
 * Ends a round: the processes that lived through it deliver what is left, without a restart. Then:
 * - the books of the store as it is now are right, whatever was lost;
 * - every event in it was delivered, those of one order in their sequence;
 * - what was acknowledged is in it, or is in what was lost;
 * - where something was lost, somebody has noticed, and so has every process that was told of what
 *   is no more. One that has read nothing of the feed has nothing to notice.
 */
export async function finishSuccession({
  target,
  processes,
  lost,
  patienceMs,
}: Succession): Promise<Pick<Findings, 'load' | 'losses'>> {
  await Promise.all(processes.map((process) => process.rest()));
  const store = await target.open();
  const { answers, defects } = estateOf(processes);
  const { events, losses, orderCount } = await checkBooks(store, []);
  const delivered = () => deliveriesOf(target, events);
  const standings: string[] = [];
  await until(
    () => deliveredCount(delivered()) >= events.length,
    'every event to be delivered',
    patienceMs,
  ).catch(async () => {
    // Who sets a time expects losses, and looks for some in what is found: what was logged is none.
    if (patienceMs === undefined) standings.push(...(await standingsOf(target, processes)));
  });
  await Promise.all(processes.map((process) => process.terminate()));
  const stored = answers.filter(({ code }) => code !== 'orderNotFound');
  const wrong = await wrongAnswers(store, stored);
  const unfounded = lost ? await lost.wrongAnswers(wrong.map(({ answer }) => answer)) : wrong;
  const told = lost === undefined ? readDeliveries(target.deliveries) : delivered();
  return {
    load: {
      'commands acknowledged': answers.length,
      'acknowledged and lost': wrong.length - unfounded.length,
      orders: orderCount,
      events: events.length,
      deliveries: readDeliveries(target.deliveries).length,
    },
    losses: [
      ...losses,
      ...defects,
      ...standings,
      ...checkDeliveries(told, events),
      ...unfounded.map(({ answer, problem }) => `${answer.key} (acknowledged): ${problem}`),
      ...(lost === undefined ? [] : unaware(processes, target, events)),
    ],
  };
}

/** How far everybody is, where something did not come about. */
async function standingsOf(
  target: Target,
  processes: readonly EngineProcess[],
): Promise<readonly string[]> {
  await Promise.all(processes.map((process) => process.statsNow()));
  const store = await target.open();
  const checkpoints = await store.subscriptions.checkpoints(subscriptionName);
  return [JSON.stringify(checkpoints), ...processes.map(({ standing }) => standing ?? '')];
}

/** Deliveries of events that the store has now: those of a time that was lost are nobody's. */
function deliveriesOf({ deliveries }: Target, events: readonly OrderEvent[]) {
  const present = new Set(events.map(({ id }) => id));
  return readDeliveries(deliveries).filter(({ eventId }) => present.has(eventId));
}

/** Who was told of events that are no more, and does not know that the history has changed. */
function unaware(
  processes: readonly EngineProcess[],
  { deliveries }: Target,
  events: readonly OrderEvent[],
): readonly string[] {
  const present = new Set(events.map(({ id }) => id));
  const lost = readDeliveries(deliveries).filter(({ eventId }) => !present.has(eventId));
  const witnesses = new Set(lost.map(({ by }) => by));
  const changesOf = ({ stats }: EngineProcess): number => stats?.historyChanges ?? 0;
  const blind = processes.filter((each) => witnesses.has(each.name) && changesOf(each) === 0);
  const losses = blind.map(({ name }) => `${name} has not noticed that the history changed`);
  const isNoticed = processes.some((each) => changesOf(each) > 0);
  return isNoticed ? losses : [...losses, 'nobody has noticed that the history changed'];
}

/** Resolves when each of them has had so many more answers. */
export function acknowledgeAll(
  processes: readonly EngineProcess[],
  count: () => number,
): Promise<unknown> {
  return Promise.all(processes.map((process) => process.acknowledges(count())));
}

/** Tells which answers are borne out by the data of a server that was lost: it starts once more. */
export function lostWith(
  cluster: Cluster,
  { schema }: PostgresTarget,
): NonNullable<Succession['lost']> {
  return {
    wrongAnswers: async (answers) => {
      // Alone now, it must not wait for a standby that is gone.
      await cluster.start({ synchronous_standby_names: '' });
      return lostIn({ kind: 'postgres', url: cluster.url, schema }).wrongAnswers(answers);
    },
  };
}

/** The same for a store that may be opened where it lies. */
export function lostIn(address: StoreAddress): NonNullable<Succession['lost']> {
  return {
    wrongAnswers: async (answers) => {
      const { store, end } = connectStore(address, 'observer');
      await store.open();
      const wrong = await wrongAnswers(store, answers);
      await end();
      return wrong;
    },
  };
}

/** Looks again and again for checkpoints that are beyond the end of their feed. */
export function watchCheckpoints(cluster: Cluster, { schema }: PostgresTarget) {
  const losses = new Set<string>();
  let isEnded = false;
  const text =
    'SELECT subscription, partition, leases.position, heads.position AS head ' +
    `FROM ${schema}.leases AS leases JOIN ${schema}.feed_heads AS heads USING (partition) ` +
    'WHERE leases.position > heads.position';
  const watching = (async () => {
    await using client = await cluster.connect();
    while (!isEnded) {
      for (const row of (await client.query(text)).rows) {
        losses.add(`checkpoint ${row.partition} stood at ${row.position}, beyond ${row.head}`);
      }
      await delay(20);
    }
  })();
  const end = async (): Promise<readonly string[]> => {
    isEnded = true;
    await watching;
    return [...losses];
  };
  return { end, [Symbol.asyncDispose]: () => end().then(() => undefined) };
}
