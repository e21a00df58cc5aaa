import { createInbox, createMemoryStore, type OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { expect, it } from 'vitest';
import { scriptedTransport } from '../transport/scripted-transport.ts';
import { annotate, place, testEngine, turns } from './kit.ts';
import { setBackStore } from './set-back-store.ts';

const publishing = { name: 'out', from: 'beginning' } as const;

/** Version 2 was taken by a consumer, and is lost while no process runs; another one is version 2 now. */
async function putBackWhileDown(raises: boolean) {
  const clock = createMovableClock();
  const store = setBackStore();
  const transport = scriptedTransport();
  const { engine } = await testEngine({ store, clock });
  await engine.startPublishing({ ...publishing, transport });
  await engine.execute(place('order-1'));
  await engine.idle();
  store.copy();
  await engine.execute(annotate('order-1', 'lost'));
  await engine.idle();
  await engine.close();
  const inbox = createInbox();
  for (const message of transport.published) await inbox.handle(message, () => undefined);
  await store.putBack();
  // What was put back says that the lease is still held.
  clock.advanceBy(60_000);
  const { engine: restored } = await testEngine({ store, clock });
  if (raises) await restored.raiseHistory();
  const after = scriptedTransport();
  await restored.startPublishing({ ...publishing, transport: after });
  await restored.execute(annotate('order-1', 'kept'));
  await restored.idle();
  await turns();
  const [message] = after.published.filter(({ sequence }) => sequence === 2);
  return message && inbox.handle(message, () => undefined);
}

it('consumers take what is told after a disk was put back while nobody ran, when its number was raised', async () => {
  expect(await putBackWhileDown(true)).toBe('handled');
  expect(await putBackWhileDown(false)).toBe('outdated');
});

it('an engine that runs begins anew when the number of the history is raised', async () => {
  const store = setBackStore();
  const { engine } = await testEngine({ store });
  const { engine: operator } = await testEngine({ store });
  const told: string[] = [];
  await engine.subscribe({
    name: 'one',
    from: 'beginning',
    handler: ({ version }, { history }) => void told.push(`${version} in ${history}`),
  });
  await engine.execute(place('order-1'));
  await engine.idle();
  const raised = await operator.raiseHistory();
  await engine.execute(annotate('order-1', 'later'));
  await engine.idle();
  // The first is told once more where its checkpoint was not written yet.
  expect(new Set(told)).toEqual(new Set(['1 in 1', `1 in ${raised}`, `2 in ${raised}`]));
  expect(raised).toBeGreaterThan(1);
  expect(engine.stats().historyChanges).toBe(1);
  expect(await operator.raiseHistory()).toBeGreaterThan(raised);
});

it('the number of the history cannot be raised on a store that has none', async () => {
  const { raiseHistory: _, ...rest } = setBackStore();
  const store: OrderStore = { ...rest, features: { ...rest.features, failover: false } };
  const { engine } = await testEngine({ store });
  await expect(engine.raiseHistory()).rejects.toMatchObject({
    code: 'invalidArgument',
    details: { store: createMemoryStore().name },
  });
});
