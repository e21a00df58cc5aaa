import { createOrderEngine } from '../../src/index.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { Commit, OrderStore } from '../../src/store/store.ts';
import { live, newLives } from './lives.ts';

/** A memory store that keeps the commits it was given. */
function recordingStore(commits: Commit[]): OrderStore {
  const store = createMemoryStore();
  const commit = store.commit.bind(store);
  store.commit = (batch) => {
    commits.push(...batch);
    return commit(batch);
  };
  return store;
}

/** The very commits that an engine makes of so many lives, in the order in which it made them. */
export async function recordedCommits(lives: number): Promise<readonly Commit[]> {
  const commits: Commit[] = [];
  const engine = await createOrderEngine({ store: recordingStore(commits) });
  await live(engine, newLives(lives));
  await engine.close();
  return commits;
}
