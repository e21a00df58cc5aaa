import type { OrderEngine, OrderEvent, OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { expect } from 'vitest';
import { annotate, place, testEngine, turns } from './kit.ts';

/** A handler for which some orders fail for now, and what it was told of whom. */
export function moodyHandler() {
  const told = new Map<string, number[]>();
  const failing = { is: (orderId: string): boolean => orderId.startsWith('bad') };
  let attempts = 0;
  const handler = ({ orderId, version }: OrderEvent<string, object>): void => {
    attempts += 1;
    if (failing.is(orderId)) throw new Error('The server of this customer is away.');
    told.set(orderId, [...(told.get(orderId) ?? []), version]);
  };
  const options = { name: 'moody', from: 'beginning' as const, handler };
  return { told, failing, options, attempts: () => attempts };
}

export async function placeAll(engine: OrderEngine, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += 500) {
    await Promise.all(ids.slice(from, from + 500).map((id) => engine.execute(place(id))));
  }
}

export const names = (kind: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${kind}-${index}`);

/** Lets time pass, step by step, until something holds. */
export async function passUntil(
  {
    clock,
    engine,
  }: { readonly clock: ReturnType<typeof createMovableClock>; readonly engine: OrderEngine },
  condition: () => boolean,
): Promise<number> {
  const startedAt = clock.now();
  while (!condition() && clock.now() - startedAt < 3_600_000) {
    clock.advanceBy(500);
    await engine.idle();
    await turns(2);
  }
  expect(condition()).toBe(true);
  return clock.now() - startedAt;
}

export async function goodOnesBehind(store: OrderStore, failingCount: number) {
  const { told, failing, options } = moodyHandler();
  const { engine, clock } = await testEngine({ store, clock: createMovableClock() });
  await placeAll(engine, names('bad', failingCount));
  const good = names('good', 50);
  await placeAll(engine, good);
  for (const id of good) await engine.execute(annotate(id, 'x'));
  const subscription = await engine.subscribe(options);
  const world = { engine, clock };
  const isDone = () => good.every((id) => told.get(id)?.length === 2);
  const passedMs = await passUntil(world, isDone);
  for (const id of good) expect(told.get(id), id).toEqual([1, 2]);
  return { ...world, subscription, told, failing, options, passedMs, good };
}
