import { isOrderchartError } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { annotate, captured, place, testEngine } from './kit.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('execute', () => {
  it('gives what was recorded, the version and the status', async () => {
    const { engine } = await testEngine({ policy: { confirmWhen: 'paid' } });
    await engine.execute(place('order-1'));
    const result = await engine.execute(captured('order-1'), {
      actor: { kind: 'provider', id: 'psp' },
      correlationId: 'conversation-1',
      causationId: 'webhook-9',
      trace: { traceparent },
    });
    expect(result).toMatchObject({
      status: 'accepted',
      orderId: 'order-1',
      version: 3,
      orderStatus: { lifecycle: 'confirmed', payment: 'paid' },
      replayed: false,
    });
    if (result.status !== 'accepted') return;
    expect(result.events.map(({ type, version }) => [type, version])).toEqual([
      ['payment.captured', 2],
      ['order.confirmed', 3],
    ]);
    for (const event of result.events) {
      expect(event).toMatchObject({
        tenantId: 'default',
        orderId: 'order-1',
        actor: { kind: 'provider', id: 'psp' },
        correlationId: 'conversation-1',
        causationId: 'webhook-9',
        trace: { traceparent, tracestate: null },
      });
    }
  });

  it('makes an order id when none is given', async () => {
    const { engine } = await testEngine();
    const { orderId: _, ...command } = place('unused');
    const result = await engine.execute(command);
    expect(result.orderId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(await engine.get(result.orderId ?? '')).toMatchObject({ version: 1 });
  });

  it('answers a refusal by the rules as a result and changes nothing', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1'));
    const before = await engine.get('order-1');
    const result = await engine.execute({ type: 'order.confirm', orderId: 'order-1' });
    expect(result).toMatchObject({
      status: 'rejected',
      orderId: 'order-1',
      rejection: { code: 'guardRefused' },
      replayed: false,
    });
    expect(await engine.get('order-1')).toEqual(before);
  });

  it('answers for an order that does not exist, and for one that exists already', async () => {
    const { engine } = await testEngine();
    expect(await engine.execute(annotate('nowhere', 'x'))).toMatchObject({
      status: 'rejected',
      orderId: 'nowhere',
      rejection: { code: 'orderNotFound' },
    });
    await engine.execute(place('order-1'));
    expect(await engine.execute(place('order-1'))).toMatchObject({
      status: 'rejected',
      orderId: 'order-1',
      rejection: { code: 'orderExists' },
    });
  });

  it('refuses a number that another order of the tenant has', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1', { number: 'SO-1' }));
    const refused = { status: 'rejected', rejection: { code: 'numberTaken' }, replayed: false };
    expect(await engine.execute(place('order-2', { number: 'SO-1' }))).toMatchObject(refused);
    const key = { idempotencyKey: 'key-1' };
    expect(await engine.execute(place('order-3', { number: 'SO-1' }), key)).toMatchObject(refused);
    expect(await engine.execute(place('order-3', { number: 'SO-1' }), key)).toMatchObject({
      ...refused,
      replayed: true,
    });
    expect(await engine.get('order-2')).toBeUndefined();
    expect(await engine.execute(place('order-2', { number: 'SO-2' }))).toMatchObject({
      status: 'accepted',
    });
  });

  it('checks the expected version before anything else', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1'), { expectedVersion: 0 });
    await engine.execute(annotate('order-1', 'a'), { expectedVersion: 1 });
    const late = engine.execute(annotate('order-1', 'b'), { expectedVersion: 1 });
    await expect(late).rejects.toMatchObject({
      code: 'versionMismatch',
      details: { orderId: 'order-1', expected: 1, actual: 2 },
    });
    const unplaced = engine.execute(annotate('order-2', 'b'), { expectedVersion: 1 });
    await expect(unplaced).rejects.toMatchObject({ details: { expected: 1, actual: 0 } });
  });

  it('writes nothing for a report that tells nothing new and has no key', async () => {
    const { engine, store } = await testEngine();
    await engine.execute(place('order-1'));
    await engine.execute(captured('order-1'));
    const before = engine.stats();
    const again = await engine.execute(captured('order-1'));
    expect(again).toMatchObject({ status: 'accepted', events: [], version: 3, replayed: false });
    expect(engine.stats()).toMatchObject({ batches: before.batches, events: before.events });
    expect(await store.feedEnd(0)).toBe(3);
  });

  it('takes the command as it was when it was called', async () => {
    const { engine } = await testEngine();
    const metadata = { gift: { wrap: 'red' } };
    const placing = engine.execute(place('order-1', { metadata }));
    metadata.gift.wrap = 'blue';
    await placing;
    metadata.gift.wrap = 'green';
    expect((await engine.get('order-1'))?.metadata).toEqual({ gift: { wrap: 'red' } });
  });

  it('gives out nothing that can be changed', async () => {
    const { engine } = await testEngine();
    const result = await engine.execute(place('order-1', { metadata: { a: { b: 1 } } }));
    const view = await engine.get('order-1');
    expect(view).toBeDefined();
    for (const value of [result.status === 'accepted' && result.events, view]) {
      expect(thawedPaths(value)).toEqual([]);
    }
  });

  it('throws errors that can be told by their code', async () => {
    const { engine } = await testEngine();
    const error = await engine.execute({ type: 'order.explode' } as never).catch((e: unknown) => e);
    expect(isOrderchartError(error, 'invalidCommand')).toBe(true);
  });
});

/** Where something in `value` is not frozen; the list that holds the events may be. */
function thawedPaths(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Object.isFrozen(value) || path === '' ? [] : [path];
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, child]) => thawedPaths(child, `${path}/${key}`)),
  ];
}
