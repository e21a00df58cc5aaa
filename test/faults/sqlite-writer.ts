import { writeSync } from 'node:fs';
import { createSqliteStore } from '../../src/store/sqlite/index.ts';
import { commitOf } from '../../src/testing/conformance/given.ts';

// Writes batches to a store until it is killed, and says on standard output what was acknowledged:
// one line per commit, `<key> <order> <version>`, written at once and by the kernel.
//
//   node sqlite-writer.ts <path> <name> <seed>

const [path = '', name = '', seed = '0'] = process.argv.slice(2);
const orderCount = 40;
let state = Number(seed) >>> 0;

function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const store = createSqliteStore({ path });
await store.open();
const { tenantId } = commitOf();

for (let batchCount = 0; ; batchCount += 1) {
  const orderIds = Array.from({ length: 1 + random(12) }, () => `order-${random(orderCount)}`);
  const records = await store.load(orderIds.map((orderId) => ({ tenantId, orderId })));
  // An order that stands in the batch twice conflicts with itself, which is as good as with others.
  const commits = orderIds.map((orderId, index) => {
    const expectedVersion = records[index]?.version ?? 0;
    const eventCount = 1 + random(3);
    return commitOf({
      orderId,
      expectedVersion,
      eventCount,
      key: `${name}-${seed}-${batchCount}-${index}`,
      status: { lifecycle: `state-${random(5)}` },
      order: { version: expectedVersion + eventCount, text: 'x'.repeat(random(6_000)) },
    });
  });
  const outcomes = await store.commit(commits);
  const lines = commits.flatMap(({ command, orderId, record }, index) =>
    outcomes[index]?.status === 'committed'
      ? [`${command?.key} ${orderId} ${record?.version}\n`]
      : [],
  );
  if (lines.length > 0) writeSync(1, lines.join(''));
}
