import { createOrderEngine, type OrderEngine } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { audit } from '../../examples/marketplace/audit.ts';

describe('the audit of the marketplace example', () => {
  async function placeOne(engine: OrderEngine): Promise<void> {
    await engine.execute({
      type: 'order.place',
      orderId: 'one',
      currency: 'BRL',
      lines: [{ id: 'line', quantity: 1, unitPrice: 100 }],
    });
    await engine.execute({
      type: 'payment.report',
      outcome: 'captured',
      sale: true,
      orderId: 'one',
      paymentId: 'payment',
      objectId: 'capture',
      source: 'provider',
      reportId: 'report',
      amount: 100,
      currency: 'BRL',
    });
  }

  /** The same engine with a history of our making. */
  function withHistory(engine: OrderEngine, change: (events: object[]) => object[]): OrderEngine {
    async function* history(id: string) {
      const events: object[] = [];
      for await (const event of engine.history(id)) events.push(event);
      yield* change(events);
    }
    return { ...engine, list: () => engine.list(), history } as unknown as OrderEngine;
  }

  it.each([
    ['nothing wrong', (events: object[]) => events, []],
    ['an event lost', (events: object[]) => events.slice(0, -1), ['L1', 'L6']],
    [
      'a report applied twice',
      ([placed, captured, ...rest]: object[]) => [placed, captured, captured, ...rest] as object[],
      ['L1', 'L2'],
    ],
    [
      'an amount changed',
      ([placed, ...rest]: object[]) =>
        [placed, ...rest].map((event) =>
          JSON.parse(JSON.stringify(event).replaceAll('"amount":100', '"amount":99')),
        ),
      ['L6'],
    ],
  ])('finds %s', async (_name, change, laws) => {
    await using engine = await createOrderEngine();
    await placeOne(engine);
    const { lawsBroken } = await audit(withHistory(engine, change));
    expect(lawsBroken).toEqual(laws.map((law) => `${law} of order one`));
  });
});
