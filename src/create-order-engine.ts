import { createEngine } from './engine/create.ts';
import type { ExtendedEngine } from './engine/extension-types.ts';
import type { EngineOptions } from './engine/options.ts';
import type { Extension } from './order/extension.ts';
import { createMemoryStore } from './store/memory.ts';

/**
 * Creates an engine, opens its store and starts its timers. Rejects when any of this fails; the store
 * is closed then.
 *
 * @throws OrderchartError `invalidArgument`, `invalidExtension`, `extensionRefused`,
 * `chartRefused`; `storeUnavailable`, `storeSchemaTooNew` or `storeCorrupt` from the store.
 *
 * @example
 * await using engine = await createOrderEngine({ policy: { confirmWhen: 'paid' } });
 * const placed = await engine.execute({
 *   type: 'order.place',
 *   currency: 'EUR',
 *   lines: [{ id: 'line-1', quantity: 2, unitPrice: 1999 }],
 * });
 */
export async function createOrderEngine<const Extensions extends readonly Extension[] = []>(
  options: EngineOptions<Extensions> = {},
): Promise<ExtendedEngine<Extensions>> {
  const engine = await createEngine(options, createMemoryStore);
  // The rules were compiled from the same extensions, so they check what the types promise.
  return engine as unknown as ExtendedEngine<Extensions>;
}
