import assert from 'node:assert/strict';
import type { Lease, OrderStore, ParkedEvent } from '../../store/store.ts';
import { type CommitSpec, commitOf } from './given.ts';

export async function take(store: OrderStore, owner = 'worker-1', now = 0): Promise<Lease> {
  const request = { subscription: 'mailer', partition: 0, owner, now, durationMs: 100 };
  const lease = await store.subscriptions.acquire({ ...request, startPosition: 0 });
  assert.ok(lease, 'the lease is free');
  return lease;
}

export function parkedEvent(
  spec: CommitSpec = {},
  overrides: Partial<ParkedEvent> = {},
): ParkedEvent {
  const [event] = commitOf(spec).events;
  assert.ok(event);
  return {
    subscription: 'mailer',
    partition: 0,
    position: 1,
    event,
    error: 'the address is not valid',
    attempts: 1,
    retryAt: null,
    requeues: 0,
    parkedAt: 50,
    ...overrides,
  };
}
