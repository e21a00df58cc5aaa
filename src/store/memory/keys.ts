import type { Timestamp } from '../../order/values.ts';
import type { CommandRecord } from '../store.ts';
import { compareText } from './sorted-list.ts';
import type { MemoryOrder } from './tenant.ts';

/** The place of an order in the index of archived orders. */
export interface ArchiveKey {
  readonly archivedAt: Timestamp;
  readonly sequence: number;
}

export interface ArchiveItem extends ArchiveKey {
  readonly order: MemoryOrder;
}

export function compareArchived(one: ArchiveKey, other: ArchiveKey): number {
  return one.archivedAt - other.archivedAt || one.sequence - other.sequence;
}

export function compareCommands(one: CommandRecord, other: CommandRecord): number {
  return (
    one.recordedAt - other.recordedAt ||
    compareText(one.tenantId, other.tenantId) ||
    compareText(one.scope, other.scope) ||
    compareText(one.key, other.key)
  );
}
