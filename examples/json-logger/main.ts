import assert from 'node:assert/strict';
import { createMemoryStore, createOrderEngine } from 'orderchart';
import { jsonLogger } from './json-logger.ts';

const lines: string[] = [];
const logger = jsonLogger((line) => {
  lines.push(line);
  console.log(line);
});

// A store that cannot tell when the next deadline is due: the engine logs an error and continues.
const store = createMemoryStore();
store.nextDueAt = () => Promise.reject(new Error('the disk is gone'));
await using engine = await createOrderEngine({ store, logger });
await engine.execute({
  type: 'order.place',
  currency: 'EUR',
  lines: [{ id: 'tea', quantity: 2, unitPrice: 1250 }],
});

while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
const { error } = JSON.parse(lines[0] ?? '{}');
assert.match(error.cause?.message ?? error.message, /the disk is gone/);
