import type { OrderEvent } from 'orderchart';
import { describe, expect, it, vi } from 'vitest';
import { annotate, captured, place, testEngine } from './kit.ts';

describe('listeners', () => {
  it('hear of a type, a family or everything, in the order of the versions', async () => {
    const { engine } = await testEngine({ policy: { confirmWhen: 'paid' } });
    const heard: string[] = [];
    const note = (name: string) => (event: OrderEvent<string, object>) => {
      heard.push(`${name} ${event.version}`);
    };
    engine.on('payment.captured', note('captured'));
    engine.on('order.*', note('order'));
    engine.on('*', note('all'));
    await engine.execute(place('order-1'));
    await engine.execute(captured('order-1'));
    expect(heard).toEqual(['order 1', 'all 1', 'captured 2', 'all 2', 'order 3', 'all 3']);
  });

  it('hear after the commit: the order is there', async () => {
    const { engine } = await testEngine();
    const seen = vi.fn();
    engine.on('order.placed', async ({ orderId }) => seen(await engine.get(orderId)));
    await engine.execute(place('order-1'));
    await engine.idle();
    expect(seen).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ version: 1 }));
  });

  it('hear nothing of a repeat, of a refusal and after they were ended', async () => {
    const { engine } = await testEngine();
    const heard = vi.fn();
    const off = engine.on('*', heard);
    const key = { idempotencyKey: 'key-1' };
    await engine.execute(place('order-1'), key);
    await engine.execute(place('order-1'), key);
    await engine.execute(place('order-1'));
    expect(heard).toHaveBeenCalledOnce();
    off();
    off();
    await engine.execute(annotate('order-1', 'x'));
    expect(heard).toHaveBeenCalledOnce();
  });

  it('are two when one function listens twice', async () => {
    const { engine } = await testEngine();
    const heard = vi.fn();
    const off = engine.on('*', heard);
    engine.on('*', heard);
    off();
    await engine.execute(place('order-1'));
    expect(heard).toHaveBeenCalledOnce();
  });

  it('harm nothing when they throw or reject', async () => {
    const { engine, log } = await testEngine();
    const heard = vi.fn();
    const error = new Error('boom');
    engine.on('*', () => {
      throw error;
    });
    engine.on('*', async () => {
      throw error;
    });
    // biome-ignore lint/suspicious/noThenProperty: the oddest thing a listener could return
    engine.on('*', () => ({ then: 'not a function' }));
    engine.on('*', heard);
    expect(await engine.execute(place('order-1'))).toMatchObject({ status: 'accepted' });
    expect(heard).toHaveBeenCalledOnce();
    await Promise.resolve();
    const entry = {
      level: 'error',
      message: 'A listener failed; ignoring the error.',
      fields: expect.objectContaining({ type: 'order.placed', orderId: 'order-1', error }),
    };
    expect(log).toEqual([entry, entry]);
  });

  it('harm nothing when the logger throws as well', async () => {
    const broken = (): never => {
      throw new Error('no disk');
    };
    const { engine } = await testEngine({
      logger: { debug: broken, info: broken, warn: broken, error: broken },
    });
    engine.on('*', broken);
    expect(await engine.execute(place('order-1'))).toMatchObject({ status: 'accepted' });
  });

  it('may give further commands', async () => {
    const { engine } = await testEngine();
    engine.on('order.placed', ({ orderId }) => engine.execute(annotate(orderId, 'heard')));
    await engine.execute(place('order-1'));
    await engine.idle();
    expect(await engine.get('order-1')).toMatchObject({ version: 2 });
  });

  it.each(['', 'order.', '.placed', 'order placed', '**', 7, null, Symbol('x'), {}])(
    'are refused for %j',
    async (type) => {
      const { engine } = await testEngine();
      expect(() => engine.on(type as never, () => {})).toThrow(
        expect.objectContaining({ code: 'invalidArgument' }),
      );
      expect(() => engine.on('*', type as never)).toThrow(
        expect.objectContaining({ code: 'invalidArgument' }),
      );
    },
  );
});
