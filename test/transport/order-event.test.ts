import fc from 'fast-check';
import {
  orderEventMessage,
  orderMessageKey,
  parseCloudEvent,
  parseOrderEvent,
  type TransportMessage,
} from 'orderchart';
import { describe, expect, it } from 'vitest';
import { anyId, modes, orderEvent, placed, refusalOf } from './given-events.ts';

function bodyText({ body }: TransportMessage): string {
  return new TextDecoder().decode(body);
}

describe('an event of an order as a message', () => {
  it('in binary mode has its attributes in headers, percent-encoded, and its data as the body', () => {
    const message = orderEventMessage(placed, { source: '/orders' });
    expect(message).toMatchObject({
      id: placed.id,
      key: 'default/order-1',
      type: 'order.placed',
      sequence: 7,
    });
    expect(message.headers).toEqual({
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': placed.id,
      'ce-source': '/orders',
      'ce-type': 'order.placed',
      'ce-subject': 'order-1',
      'ce-time': '2026-01-01T12:00:00.000Z',
      'ce-tenantid': 'default',
      'ce-sequence': '0000000007',
      'ce-partitionkey': 'default/order-1',
      'ce-recordedtime': '2026-01-01T12:00:01.000Z',
      'ce-schemaversion': '1',
      'ce-orderstatus': '{%22lifecycle%22:%22placed%22}',
      'ce-chart': 'order@1',
      'ce-correlationid': 'Z%C3%BCrich%20%221%22%20100%25',
    });
    expect(bodyText(message)).toBe('{"currency":"EUR","total":1050}');
  });

  it('in structured mode has all of it in the body, canonical', () => {
    const message = orderEventMessage(placed, { mode: 'structured' });
    expect(message.headers).toEqual({ 'content-type': 'application/cloudevents+json' });
    const envelope = JSON.parse(bodyText(message)) as Record<string, unknown>;
    expect(envelope).toMatchObject({
      specversion: '1.0',
      id: placed.id,
      source: 'orderchart',
      type: placed.type,
    });
    expect(envelope['data']).toEqual(placed.data);
    expect(Object.keys(envelope)).toEqual(Object.keys(envelope).toSorted());
  });

  it.each(modes)('comes back whole in %s mode, whatever texts it holds', (mode) => {
    fc.assert(
      fc.property(orderEvent, (event) => {
        const message = orderEventMessage(event, { mode });
        expect(parseOrderEvent(message)).toEqual(event);
        for (const value of Object.values(message.headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(message.key.length).toBeLessThanOrEqual(600);
      }),
    );
  });

  it.each(modes)('is the same bytes in %s mode, whatever the order of keys', (mode) => {
    fc.assert(
      fc.property(orderEvent, (event) => {
        const data = Object.fromEntries(Object.entries(event.data).reverse());
        expect(orderEventMessage({ ...event, data }, { mode })).toEqual(
          orderEventMessage(event, { mode }),
        );
      }),
    );
  });

  it('has a key of its own for every order of every tenant', () => {
    expect(orderMessageKey('a/b', 'c')).not.toBe(orderMessageKey('a', 'b/c'));
    expect(orderMessageKey('a%2Fb', 'c')).not.toBe(orderMessageKey('a/b', 'c'));
    fc.assert(
      fc.property(anyId, anyId, anyId, anyId, (tenant, order, otherTenant, otherOrder) => {
        fc.pre(tenant !== otherTenant || order !== otherOrder);
        expect(orderMessageKey(tenant, order)).not.toBe(orderMessageKey(otherTenant, otherOrder));
      }),
    );
  });

  it('carries its trace in its attributes, and where tracing tools look for it', () => {
    const trace = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'congo=t61rcWkgMzE, rojo=00f067aa0ba902b7',
    };
    for (const mode of modes) {
      const message = orderEventMessage({ ...placed, trace }, { mode });
      expect(message.headers).toMatchObject(trace);
      expect(parseCloudEvent(message).extensions).toMatchObject(trace);
    }
    const { headers } = orderEventMessage({ ...placed, trace });
    expect(headers['ce-tracestate']).toBe('congo=t61rcWkgMzE,%20rojo=00f067aa0ba902b7');
  });

  it('sorts as text by its sequence', () => {
    const sequences = [9, 10, 100].map(
      (version) => orderEventMessage({ ...placed, version }).headers['ce-sequence'],
    );
    expect(sequences).toEqual(sequences.toSorted());
  });

  it('is refused when the message is of something else', () => {
    for (const name of [
      'tenantid',
      'sequence',
      'recordedtime',
      'orderstatus',
      'chart',
      'subject',
    ]) {
      const { headers, body } = orderEventMessage(placed);
      const { [`ce-${name}`]: _, ...rest } = headers;
      expect(refusalOf(() => parseOrderEvent({ headers: rest, body })).code).toBe('messageInvalid');
    }
    for (const [name, value] of [
      ['sequence', '-1'],
      ['sequence', '0'],
      ['sequence', '99999999999999999'],
      ['schemaversion', 'one'],
      ['recordedtime', 'yesterday'],
      ['orderstatus', 'placed'],
      ['orderstatus', '[]'],
      ['orderstatus', '{%22lifecycle%22:1}'],
      ['orderstatus', `{%22a%22:${'{%22a%22:'.repeat(5000)}%22b%22${'}'.repeat(5001)}`],
    ] as const) {
      const { headers, body } = orderEventMessage(placed);
      const changed = { headers: { ...headers, [`ce-${name}`]: value }, body };
      expect(refusalOf(() => parseOrderEvent(changed)).code).toBe('messageInvalid');
    }
    const { headers } = orderEventMessage(placed);
    expect(
      refusalOf(() => parseOrderEvent({ headers, body: new TextEncoder().encode('[]') })).code,
    ).toBe('messageInvalid');
  });
});
