import { expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { ReplicatedPair } from './replicated-pair.ts';

const answers = async (cluster: Cluster): Promise<readonly number[]> =>
  (await cluster.query<{ answer: number }>('SELECT answer FROM kept ORDER BY answer')).map(
    ({ answer }) => answer,
  );

it('what a synchronous primary acknowledged is on the standby that is promoted', async () => {
  await using pair = await ReplicatedPair.create({ replication: 'synchronous' });
  await pair.primary.query('CREATE TABLE kept AS SELECT 42 AS answer');
  await pair.primary.stop('kill');
  await pair.promote();
  expect(await answers(pair.standby)).toEqual([42]);
  await pair.standby.query('INSERT INTO kept VALUES (43)');
});

it('what an asynchronous primary acknowledged to nobody else is gone, and still in its own folder', async () => {
  await using pair = await ReplicatedPair.create({ replication: 'asynchronous' });
  await pair.primary.query('CREATE TABLE kept AS SELECT 42 AS answer');
  await pair.untilFollowing();
  pair.holdBack();
  await pair.primary.query('INSERT INTO kept VALUES (43)');
  await pair.primary.stop('kill');
  await pair.promote();
  expect(await answers(pair.standby)).toEqual([42]);
  await pair.primary.start();
  expect(await answers(pair.primary)).toEqual([42, 43]);
});

it('a synchronous primary waits for a standby that is held back, until it is let go', async () => {
  await using pair = await ReplicatedPair.create({ replication: 'synchronous' });
  pair.holdBack();
  let isDone = false;
  const creating = pair.primary.query('CREATE TABLE kept AS SELECT 42 AS answer').then(() => {
    isDone = true;
  });
  const waits = "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  await expect.poll(async () => (await pair.primary.query(waits)).length).toBe(1);
  expect(isDone).toBe(false);
  pair.letGo();
  await creating;
});

it('a frozen server answers nothing, and goes on when it is thawed', async () => {
  await using cluster = await Cluster.create({ kinds: ['embedded', 'system'] });
  cluster.freeze();
  let isAnswered = false;
  const asking = cluster.query('SELECT 1').then(() => {
    isAnswered = true;
  });
  await using other = await Cluster.create({ kinds: ['embedded', 'system'] });
  await other.query('SELECT 1');
  expect(isAnswered).toBe(false);
  cluster.thaw();
  await asking;
});

it('data of a moment ago are put back, and those that were there stay readable', async () => {
  await using cluster = await Cluster.create({ kinds: ['embedded', 'system'] });
  await cluster.query('CREATE TABLE kept AS SELECT 42 AS answer');
  await cluster.stop();
  const snapshot = cluster.snapshot();
  await cluster.start();
  await cluster.query('INSERT INTO kept VALUES (43)');
  await cluster.stop('kill');
  const lost = cluster.putBack(snapshot);
  await cluster.start();
  expect(await answers(cluster)).toEqual([42]);
  await using old = await Cluster.copyOf(cluster, { data: lost });
  await old.start();
  expect(await answers(old)).toEqual([42, 43]);
});
