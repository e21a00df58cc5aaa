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
