import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { annotate, createStore, gate, place, testEngine, until } from './kit.ts';

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
});
