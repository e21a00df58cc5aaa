import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import {
  annotate,
  createStore,
  gate,
  place,
  sharedStore,
  testEngine,
  turns,
  until,
} from './kit.ts';

const notes = (count: number) => Array.from({ length: count }, (_, index) => `note-${index}`);

describe('batches', () => {
  it('form from what arrives while one is written; a lone command waits for nobody', async () => {
    const store = createStore();
    const hold = gate();
    const sizes: number[] = [];
    const { engine } = await testEngine({
      batchSize: 8,
      store: {
        ...delegateStore(store),
        commit: async (commits) => {
          sizes.push(commits.length);
          if (sizes.length === 1) await hold.opened;
          return store.commit(commits);
        },
      },
    });
    const first = engine.execute(place('lone'));
    await until(() => sizes.length > 0);
    const rest = notes(20).map((name) => engine.execute(place(name)));
    hold.open();
    await Promise.all([first, ...rest]);
    expect(sizes).toEqual([1, 8, 8, 4]);
  });

  it('leave before the answers of the last one are given, so that the database works meanwhile', async () => {
    const store = createStore();
    const hold = gate();
    const told: string[] = [];
    let batches = 0;
    const { engine } = await testEngine({
      store: {
        ...delegateStore(store),
        features: { ...store.features, remote: true },
        commit: async (commits) => {
          batches += 1;
          told.push(`batch ${batches} of ${commits.length}`);
          if (batches === 1) await hold.opened;
          return store.commit(commits);
        },
      },
    });
    engine.on('order.placed', ({ orderId }) => told.push(orderId));
    const first = engine.execute(place('first'));
    await until(() => batches > 0);
    const second = engine.execute(place('second'));
    hold.open();
    await Promise.all([first, second]);
    expect(told.slice(0, 2)).toEqual(['batch 1 of 1', 'batch 2 of 1']);
    expect(told.slice(2).toSorted()).toEqual(['first', 'second']);
  });

  it('leave as soon as they are full, while others are still being decided', async () => {
    const store = createStore();
    const sizes: number[] = [];
    const { engine } = await testEngine({
      batchSize: 4,
      store: {
        ...delegateStore(store),
        features: { ...store.features, durable: true, remote: true },
        commit: (commits) => {
          sizes.push(commits.length);
          return store.commit(commits);
        },
      },
    });
    const all = notes(6).map((name) => engine.execute(place(name)));
    expect(sizes).toEqual([4]);
    await Promise.all(all);
    expect(sizes).toEqual([4, 2]);
  });

  it('are bounded in bytes, and one commit that is larger travels alone', async () => {
    const store = createStore();
    const hold = gate();
    const sizes: number[] = [];
    const { engine } = await testEngine({
      batchBytes: 100_000,
      store: {
        ...delegateStore(store),
        commit: async (commits) => {
          sizes.push(commits.length);
          if (sizes.length === 1) await hold.opened;
          return store.commit(commits);
        },
      },
    });
    const first = engine.execute(place('lone'));
    await until(() => sizes.length > 0);
    // A commit has the order and its event, so it is twice as long as the text in it.
    const lengths = [20_000, 20_000, 20_000, 200_000, 10, 10];
    const rest = lengths.map((length, index) =>
      engine.execute({ ...place(`order-${index}`), metadata: { text: 'x'.repeat(length) } }),
    );
    hold.open();
    await Promise.all([first, ...rest]);
    expect(sizes).toEqual([1, 2, 1, 1, 2]);
  });

  it('have the loads of one turn travel together', async () => {
    const store = createStore();
    const asked: number[] = [];
    const { engine } = await testEngine({
      store: {
        ...delegateStore(store),
        load: async (keys) => {
          asked.push(keys.length);
          return store.load(keys);
        },
      },
    });
    await Promise.all([
      ...notes(5).map((name) => engine.execute(annotate(name, 'x'))),
      engine.get('note-1'),
      engine.get('another'),
    ]);
    expect(asked).toEqual([6]);
  });

  it('load 300 large orders 32 at a time, in four calls at once at most, and each once', async () => {
    const inner = sharedStore();
    const { engine: before } = await testEngine({ store: inner });
    const names = notes(300);
    const large = { text: 'x'.repeat(50_000) };
    await Promise.all(names.map((id) => before.execute({ ...place(id), metadata: large })));
    const keys: string[] = [];
    let underWay = 0;
    let mostUnderWay = 0;
    let mostKeys = 0;
    const { engine } = await testEngine({
      store: {
        ...delegateStore(inner),
        load: async (wanted) => {
          underWay += 1;
          mostUnderWay = Math.max(mostUnderWay, underWay);
          mostKeys = Math.max(mostKeys, wanted.length);
          keys.push(...wanted.map(({ orderId }) => orderId));
          const records = await inner.load(wanted);
          await turns(3);
          underWay -= 1;
          return records;
        },
      },
    });
    const results = await Promise.all(names.map((id) => engine.execute(annotate(id, 'x'))));
    expect(results.every(({ status }) => status === 'accepted')).toBe(true);
    expect({ mostUnderWay, mostKeys }).toEqual({ mostUnderWay: 4, mostKeys: 32 });
    expect(keys.toSorted()).toEqual(names.toSorted());
  });
});
