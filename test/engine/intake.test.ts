import type { IdGenerator, OrderEvent } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { Intake } from '../../src/engine/commands/intake.ts';
import type { Transactions } from '../../src/engine/commands/transactions.ts';
import { Tenants } from '../../src/engine/tenants.ts';
import { OrderchartError } from '../../src/errors.ts';
import type { OrderRules } from '../../src/rules/types.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { createSeededIds } from '../../src/testing/ids.ts';
import { due } from './timer-kit.ts';

// What a command comes with, by the way that it came.

const command = { type: 'x', orderId: 'order-1' };

const now = 1_767_225_600_000;
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function intaking(parse = (json: unknown) => json, ids: IdGenerator = createSeededIds(1)) {
  const rules = { parse } as unknown as OrderRules;
  const transactions = { of: (client: object) => ({ client }) } as unknown as Transactions;
  return new Intake(
    rules,
    createMovableClock(now),
    ids,
    transactions,
    new Tenants({ defaultTenantId: 'default' }),
  );
}

describe('a command', () => {
  it('of a host has no key, no print and no cause, unless the host gives them', () => {
    const plain = intaking().hostRequest(command, undefined);
    expect(plain).toMatchObject({ tenantId: 'default', orderId: 'order-1', fingerprint: '' });
    expect(plain.identity).toBeUndefined();
    expect(plain.origin).toEqual({
      actor: null,
      correlationId: null,
      causationId: null,
      trace: null,
    });
    const keyed = intaking().hostRequest(command, { idempotencyKey: 'k' });
    expect(keyed.identity).toEqual({ tenantId: 'default', scope: 'default', key: 'k' });
    expect(keyed.fingerprint).not.toBe('');
  });

  it('of a host has the tenant, the scope, the origin and the conditions that the host gives', () => {
    const said = {
      tenantId: 't',
      scope: 's',
      idempotencyKey: 'k',
      expectedVersion: 3,
      actor: { kind: 'user', id: 'u' },
      correlationId: 'c',
      causationId: 'd',
      trace: { traceparent },
      transaction: 'client',
      signal: new AbortController().signal,
    };
    expect(intaking().hostRequest(command, said)).toEqual({
      tenantId: 't',
      orderId: 'order-1',
      work: { kind: 'command', command },
      identity: { tenantId: 't', scope: 's', key: 'k' },
      fingerprint: expect.any(String),
      expectedVersion: 3,
      origin: {
        actor: said.actor,
        correlationId: 'c',
        causationId: 'd',
        trace: { traceparent, tracestate: null },
      },
      transaction: { client: 'client' },
      signal: said.signal,
    });
    const trace = { traceparent, tracestate: 'a=b' };
    expect(intaking().hostRequest(command, { trace }).origin.trace).toEqual(trace);
  });

  it('without an id gets one of this moment, and the same print whatever the id', () => {
    const times: number[] = [];
    const newId = (now: number) => {
      times.push(now);
      return `id-${times.length}`;
    };
    const intake = intaking((json) => json, { newId });
    const nameless = () => intake.hostRequest({ type: 'x' }, { idempotencyKey: 'k' });
    const [first, second] = [nameless(), nameless()];
    expect([first.orderId, second.orderId]).toEqual(['id-1', 'id-2']);
    expect(times).toEqual([now, now]);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(intake.hostRequest(command, { idempotencyKey: 'k' }).fingerprint).not.toBe(
      first.fingerprint,
    );
    expect(times).toHaveLength(2);
  });

  it('of a handler comes from its event, and runs once', () => {
    const trace = { traceparent: 'a', tracestate: null };
    const event = { tenantId: 't', id: 'event-1', correlationId: 'c', trace };
    expect(intaking().handlerRequest(command, event as unknown as OrderEvent, 'k')).toEqual({
      tenantId: 't',
      orderId: 'order-1',
      work: { kind: 'command', command },
      identity: { tenantId: 't', scope: 'subscription', key: 'k' },
      fingerprint: expect.stringMatching(/./),
      origin: { actor: null, correlationId: 'c', causationId: 'event-1', trace },
    });
  });

  it('of a message comes from it, with what the host says of it', () => {
    const origin = { key: 'k', causationId: 'message-1', trace: null };
    expect(intaking().messageRequest(command, origin)).toMatchObject({
      identity: { tenantId: 'default', scope: 'receive', key: 'k' },
      origin: { actor: null, correlationId: null, causationId: 'message-1', trace: null },
    });
    const actor = { kind: 'provider', id: 'psp' } as const;
    const said = { ...origin, tenantId: 't', actor, correlationId: 'c' };
    expect(intaking().messageRequest(command, said)).toMatchObject({
      tenantId: 't',
      origin: { actor, correlationId: 'c' },
    });
  });

  it('that is a deadline has a key of its own moment, and comes from nobody', () => {
    const each = due('order-1', 10, 'a.b');
    expect(intaking().deadlineRequest(each)).toEqual({
      tenantId: 't',
      orderId: 'order-1',
      work: { kind: 'deadline', deadline: each.deadline },
      identity: { tenantId: 't', scope: 'timer', key: 'timer/order-1/a.b/10' },
      fingerprint: '',
      origin: { actor: null, correlationId: null, causationId: null, trace: null },
    });
  });

  it('is parsed from a copy, which the caller cannot change', () => {
    const intake = intaking();
    const parsed = intake.parse(command);
    expect(parsed).toEqual(command);
    expect(parsed).not.toBe(command);
  });

  it('that cannot be parsed is told as such, with the cause, or as the rules say', () => {
    const failing = (error: Error) => () =>
      intaking(() => {
        throw error;
      }).parse(command);
    const cause = new Error('no');
    expect(failing(cause)).toThrow(
      expect.objectContaining({
        code: 'invalidCommand',
        message: 'The command cannot be parsed; see the cause.',
        cause,
      }),
    );
    const own = new OrderchartError('domainDefect', 'own');
    expect(failing(own)).toThrow(own);
  });
});
