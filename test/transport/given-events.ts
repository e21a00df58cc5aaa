import fc from 'fast-check';
import {
  type CloudEventMode,
  isOrderchartError,
  type JsonValue,
  type OrderEvent,
} from 'orderchart';

export const modes: readonly CloudEventMode[] = ['binary', 'structured'];
const lastInstant = 253_402_300_799_999;

/** Identifiers as the engine takes them: Unicode, `%`, `/`, quotes and emoji, but nothing invisible. */
export const anyId = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .map((text) => text.replaceAll(/[\p{C}\p{Z}]/gu, '-'))
  .filter((text) => text !== '');
export const messageId = fc.stringMatching(/^[\x21-\x7e]{1,200}$/);
export const instant = fc.integer({ min: 0, max: lastInstant });
export const wellFormed = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
export const jsonValue: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ stringUnit: 'binary', maxDepth: 6 })
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
  .map((value) => JSON.parse(JSON.stringify(value).toWellFormed()) as JsonValue)
  .filter((value) => !/\\ud[89a-f]/i.test(JSON.stringify(value)));
const jsonObject = fc
  .array(fc.tuple(wellFormed, jsonValue))
  .map((entries) => Object.fromEntries(entries.filter(([key]) => key !== '__proto__')));
const orderStatus = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,10}$/),
  fc.oneof(fc.stringMatching(/^[a-z]{1,10}$/), fc.constant({ refund: { step: 'asked' } })),
);

export const orderEvent: fc.Arbitrary<OrderEvent> = fc.record({
  id: messageId,
  type: fc.stringMatching(/^[a-z]{1,10}\.[a-z_]{1,10}$/),
  schemaVersion: fc.integer({ min: 1, max: 1000 }),
  tenantId: anyId,
  orderId: anyId,
  version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  data: jsonObject,
  status: orderStatus,
  chart: anyId,
  occurredAt: instant,
  recordedAt: instant,
  causationId: fc.option(anyId),
  correlationId: fc.option(anyId),
  actor: fc.option(fc.record({ kind: anyId, id: anyId })),
  trace: fc.option(
    fc.record({
      traceparent: fc.stringMatching(/^00-[0-9a-f]{31}1-[0-9a-f]{15}1-0[01]$/),
      tracestate: fc.option(
        fc.stringMatching(
          /^[a-z][a-z0-9@]{0,9}=[ -+\--<>-~]{0,9}[!-+](, [a-z]{1,9}=[0-9]{1,9}){0,3}$/,
        ),
      ),
    }),
  ),
});

export const placed: OrderEvent = {
  id: '0198a1c2-0000-7000-8000-000000000001',
  type: 'order.placed',
  schemaVersion: 1,
  tenantId: 'default',
  orderId: 'order-1',
  version: 7,
  data: { total: 1050, currency: 'EUR' },
  status: { lifecycle: 'placed' },
  chart: 'order@1',
  occurredAt: Date.UTC(2026, 0, 1, 12),
  recordedAt: Date.UTC(2026, 0, 1, 12, 0, 1),
  causationId: null,
  correlationId: 'Zürich "1" 100%',
  actor: null,
  trace: null,
};

/** What an error says, to see that it says nothing of what the message holds. */
export function refusalOf(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    if (isOrderchartError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('it was not refused');
}
