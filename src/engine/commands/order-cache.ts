import { RecentMap } from '../../recent-map.ts';
import type { OrderRecord } from '../../store/store.ts';
import { recordBytes } from '../kernel/sizes.ts';

/**
 * The orders used last by their lane key: at most `size` of them, and at most `maximumBytes` of their
 * JSON, because a few large orders would otherwise fill the memory.
 */
export class OrderCache extends RecentMap<OrderRecord> {
  constructor(size: number, maximumBytes: number) {
    super({ maximum: size, maximumBytes, bytesOf: recordBytes });
  }
}
