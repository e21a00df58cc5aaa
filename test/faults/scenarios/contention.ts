import type { OrderStore } from '../../../src/index.ts';
import { checkBooks } from '../kit/books.ts';
import type { EngineProcess, ToldResult } from '../kit/engine-handle.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { postgresTarget } from '../kit/target.ts';

// Promises 4 and 5: two processes are given commands on one order at once, and one command many
// times at once. A success is an event, and an event is a success; who loses hears so by a code;
// a key runs once, whoever sends it, and another command under it is refused.

export const contention: FaultTest = {
  name: 'postgres-contention',
  promise: 'commands at once from two processes succeed if and only if they are stored, a key once',
  run,
};

/** A command, and under which key and on which version. */
type Asked = readonly [command: object, context: { readonly idempotencyKey: string }];

async function run({ scale, url }: Round): Promise<Findings> {
  await using target = postgresTarget(url);
  const options = { seed: 0, clients: 0 };
  await using one = await startEngine(target, { name: 'one', ...options });
  await using other = await startEngine(target, { name: 'other', ...options });
  const store = await target.open();
  const losses: string[] = [];
  let [atOnce, repeats] = [0, 0];
  for (let turn = 0; turn < 2 * scale; turn += 1) {
    const world = { one, other, store };
    losses.push(...(await rivals(world, `rivals-${turn}`)));
    losses.push(...(await rivalsForOneVersion(world, `version-${turn}`)));
    losses.push(...(await sameKey(world, `key-${turn}`)));
    atOnce += 40;
    repeats += 50;
  }
  await Promise.all([one.terminate(), other.terminate()]);
  await target.quiet();
  const books = await checkBooks(store, []);
  return {
    faults: { 'commands at once on one order': atOnce, 'repeats of a key at once': repeats },
    load: { events: books.events.length },
    losses: [...losses, ...books.losses, ...one.defects, ...other.defects],
  };
}

interface World {
  readonly one: EngineProcess;
  readonly other: EngineProcess;
  readonly store: OrderStore;
}

/** Sends each command to one of the processes, all at once. */
function atOnce({ one, other }: World, asked: readonly Asked[]): Promise<readonly ToldResult[]> {
  return Promise.all(
    asked.map(([command, context], index) =>
      (index % 2 === 0 ? one : other).execute(command, {
        ...context,
        causationId: context.idempotencyKey,
      }),
    ),
  );
}

async function rivals(world: World, orderId: string): Promise<string[]> {
  await place(world, orderId);
  const asked = Array.from({ length: 20 }, (_, index) => note(orderId, index));
  const results = await atOnce(world, asked);
  const losers = results.filter(({ status }) => status !== 'accepted');
  const wrong = losers.filter(({ code }) => code !== 'contention');
  return [
    ...wrong.map((result) => `${orderId}: a loser heard ${JSON.stringify(result)}`),
    ...(await compare(world, orderId, 1 + results.length - losers.length)),
  ];
}

async function rivalsForOneVersion(world: World, orderId: string): Promise<string[]> {
  await place(world, orderId);
  const asked = Array.from({ length: 20 }, (_, index): Asked => {
    const [command, context] = note(orderId, index);
    return [command, { ...context, ...{ expectedVersion: 1 } }];
  });
  const results = await atOnce(world, asked);
  const winners = results.filter(({ status }) => status === 'accepted').length;
  const wrong = results.filter(
    ({ status, code = '' }) =>
      status !== 'accepted' && !['versionMismatch', 'contention'].includes(code),
  );
  return [
    ...(winners === 1 ? [] : [`${orderId}: ${winners} commands won version 2`]),
    ...wrong.map((result) => `${orderId}: a loser heard ${JSON.stringify(result)}`),
    ...(await compare(world, orderId, 2)),
  ];
}

async function sameKey(world: World, orderId: string): Promise<string[]> {
  await place(world, orderId);
  const results = await atOnce(
    world,
    Array.from({ length: 50 }, () => note(orderId, 0)),
  );
  const executions = results.filter(({ replayed }) => replayed === false).length;
  const outcomes = new Set(results.map(({ replayed: _, ...rest }) => JSON.stringify(rest)));
  const [, context] = note(orderId, 0);
  const [refused] = await atOnce(world, [[note(orderId, 1)[0], context]]);
  return [
    ...(executions === 1 ? [] : [`${orderId}: one key was executed ${executions} times`]),
    ...(outcomes.size === 1 ? [] : [`${orderId}: one key came to ${[...outcomes].join(' or ')}`]),
    ...(refused?.code === 'idempotencyMismatch'
      ? []
      : [`${orderId}: another command under a key came to ${JSON.stringify(refused)}`]),
    ...(await compare(world, orderId, 2)),
  ];
}

/** What was told must be what is stored. */
async function compare({ store }: World, orderId: string, version: number): Promise<string[]> {
  const [record] = await store.load([{ tenantId: 'default', orderId }]);
  if (record?.version === version) return [];
  return [`${orderId}: version ${record?.version} is stored, and ${version} was told`];
}

async function place({ one }: World, orderId: string): Promise<void> {
  const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
  const placed = await one.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
  if (placed.status !== 'accepted') throw new Error(`Not placed: ${JSON.stringify(placed)}`);
}

function note(orderId: string, index: number): Asked {
  const key = `${orderId}/${index}`;
  return [{ type: 'order.annotate', orderId, metadata: { note: key } }, { idempotencyKey: key }];
}
