import { createWebhookReceiver, webhookRefusals } from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { eventually, messageOf, otherSecret, secret, serverOf, time } from './kit.ts';
import { beginRequest, receiving, send } from './receiver-kit.ts';
import { signed } from './vector.ts';

describe('a request that is none of a sender is refused, counted and told of', () => {
  it.each([
    [401, 'signatureInvalid', { headers: { 'webhook-signature': undefined } }],
    [401, 'signatureInvalid', { headers: signed(messageOf(1), [otherSecret]) }],
    [401, 'signatureInvalid', { body: Buffer.from('{"number":2}') }],
    [401, 'signatureInvalid', { headers: { 'orderchart-key': 'another' } }],
    [401, 'signatureExpired', { headers: signed(messageOf(1), [secret], time - 300_001) }],
    [401, 'signatureExpired', { headers: signed(messageOf(1), [secret], time + 301_000) }],
    [405, 'methodNotAllowed', { method: 'GET' }],
    [405, 'methodNotAllowed', { method: 'PUT' }],
    [413, 'messageTooLarge', { body: Buffer.alloc(1001) }],
    [415, 'encodingUnsupported', { headers: { 'content-encoding': 'gzip' } }],
  ])('%i %s: %j', async (status, reason, how) => {
    const { send, refused, deliveries, receiver } = await receiving({ maximumBodyBytes: 1000 });
    expect(await send(messageOf(1), how)).toMatchObject({ status, text: reason });
    expect(refused).toEqual([`${status} ${reason} -`]);
    expect(deliveries).toEqual([]);
    expect(receiver.stats().refused).toMatchObject({ [reason]: 1 });
  });

  it('400 messageInvalid: an id that no message can have', async () => {
    const { send, refused } = await receiving();
    const message = messageOf(1, { id: 'x'.repeat(201) });
    expect(await send(message)).toMatchObject({ status: 400, text: 'messageInvalid' });
    expect(refused).toEqual(['400 messageInvalid -']);
  });

  it('with words for the operator, and without body, signature or secret', async () => {
    const told: unknown[] = [];
    const receiver = await receiving({ onRefused: (refusal) => told.push(refusal) });
    await receiver.send(messageOf(1), { body: Buffer.from('a secret body') });
    expect(told).toEqual([
      {
        reason: 'signatureInvalid',
        status: 401,
        id: undefined,
        message: expect.stringContaining('one of the secrets'),
      },
    ]);
    expect(JSON.stringify(told)).not.toMatch(/secret body|MfKQ9|v1,/);
  });

  it('and a hook that throws harms nothing', async () => {
    const { send } = await receiving({
      onRefused: () => {
        throw new Error('The log is full.');
      },
    });
    expect((await send(messageOf(1), { method: 'GET' })).status).toBe(405);
    expect((await send(messageOf(1))).status).toBe(204);
  });

  it('by reasons that are all counted from the start', async () => {
    const { receiver } = await receiving();
    expect(Object.keys(receiver.stats().refused)).toEqual(Object.keys(webhookRefusals));
    expect(Object.values(receiver.stats().refused).every((count) => count === 0)).toBe(true);
  });
});

describe('a body', () => {
  it('that is announced as too large is not read', async () => {
    const { port, refused } = await receiving({ maximumBodyBytes: 1000 });
    const { outgoing, answer } = beginRequest(port, { ...signed(), 'content-length': '1001' });
    outgoing.flushHeaders();
    expect((await answer).statusCode).toBe(413);
    expect(refused).toEqual(['413 messageTooLarge -']);
  });

  it('of a request that is not signed is not read', async () => {
    const { port, refused } = await receiving();
    const { outgoing, answer } = beginRequest(port, { 'content-length': '12' });
    outgoing.flushHeaders();
    expect((await answer).statusCode).toBe(401);
    expect(refused).toEqual(['401 signatureInvalid -']);
  });

  it('that grows too large without a word is not read on, and not for ever', async () => {
    const { port, connections } = await receiving({ maximumBodyBytes: 1000 });
    const { outgoing, answer } = beginRequest(port, {
      ...signed(),
      'transfer-encoding': 'chunked',
    });
    outgoing.write(Buffer.alloc(1001));
    expect((await answer).statusCode).toBe(413);
    // The sender goes on, and never comes to an end.
    const drip = setInterval(() => outgoing.write('{'), 20);
    await eventually('it is let go', () => connections[0]?.destroyed === true);
    clearInterval(drip);
  });

  it('that comes too slowly is given up', async () => {
    const { port, connections, refused } = await receiving({ bodyTimeoutMs: 50 });
    const { outgoing, answer } = beginRequest(port, { ...signed(), 'content-length': '100000' });
    const drip = setInterval(() => outgoing.write('{'), 20);
    const { statusCode, headers } = await answer;
    clearInterval(drip);
    expect([statusCode, headers.connection]).toEqual([408, 'close']);
    expect(refused).toEqual(['408 bodyTooSlow -']);
    await eventually('it is let go', () => connections[0]?.destroyed === true);
  });

  it('that breaks off is none', async () => {
    const { port, refused, deliveries, receiver } = await receiving();
    const { outgoing } = beginRequest(port, { ...signed(), 'content-length': '12' });
    outgoing.write('{"num');
    await eventually('it has begun', () => receiver.stats().requests === 1);
    outgoing.destroy();
    await eventually('it is refused', () => refused.length === 1);
    expect(refused).toEqual(['400 bodyIncomplete -']);
    expect(deliveries).toEqual([]);
  });

  it('that a framework has left as bytes is taken, and one that it has parsed is not', async () => {
    const { receiver } = await receiving();
    for (const [left, status] of [
      [(body: Buffer) => ({ body }), 204],
      [(rawBody: Buffer) => ({ rawBody, body: JSON.parse(rawBody.toString()) }), 204],
      [(body: Buffer) => ({ body: JSON.parse(body.toString()) }), 500],
    ] as const) {
      const { port } = await serverOf(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        Object.assign(request, left(Buffer.concat(chunks)));
        await receiver.handle(request, response);
      });
      expect((await send(port)).status).toBe(status);
    }
    expect(receiver.stats().refused.bodyNotRaw).toBe(1);
  });
});

describe('a server that speaks fetch', () => {
  const requestOf = (
    body: RequestInit['body'] = Buffer.from(messageOf(1).body),
    headers = signed(),
  ) =>
    new Request('https://shop.example/hooks', {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    } as RequestInit);

  it('hands requests on, and gets their answers', async () => {
    const { receiver, deliveries } = await receiving();
    const response = await receiver.fetch(requestOf());
    expect(response.status).toBe(204);
    expect(deliveries[0]?.message.id).toBe('message-1');
  });

  it.each([
    [405, () => new Request('https://shop.example/hooks')],
    [401, () => requestOf('another body')],
    [401, () => requestOf(null)],
    [413, () => requestOf(Buffer.alloc(1001))],
    [413, () => requestOf(streamOf([Buffer.alloc(600), Buffer.alloc(600)]))],
    [400, () => requestOf(streamOf([Buffer.alloc(600)], new Error('reset')))],
    [408, () => requestOf(new ReadableStream({ start: () => undefined }))],
  ])('%i', async (status, makeRequest) => {
    const bodyTimeoutMs = status === 408 ? 50 : 60_000;
    const { receiver } = await receiving({ maximumBodyBytes: 1000, bodyTimeoutMs });
    const response = await receiver.fetch(makeRequest());
    expect(response.status).toBe(status);
    expect(webhookRefusals).toHaveProperty(await response.text());
  });

  it('and a body without end is not read on', async () => {
    let chunks = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        chunks += 1;
        if (chunks < 1000) controller.enqueue(Buffer.alloc(600));
        else controller.close();
      },
    });
    const { receiver } = await receiving({ maximumBodyBytes: 1000 });
    expect((await receiver.fetch(requestOf(endless))).status).toBe(413);
    expect(chunks).toBeLessThan(10);
  });

  it('and has not read the body before', async () => {
    const { receiver } = await receiving();
    const request = requestOf();
    await request.json();
    expect(await (await receiver.fetch(request)).text()).toBe('bodyNotRaw');
  });

  function streamOf(chunks: readonly Uint8Array[], error?: Error): ReadableStream {
    const left = [...chunks];
    return new ReadableStream({
      pull: (controller) => {
        const chunk = left.shift();
        if (chunk !== undefined) controller.enqueue(chunk);
        else if (error === undefined) controller.close();
        else controller.error(error);
      },
    });
  }
});

it('a defect of the host is answered "later", and the consumer hears of it', async () => {
  const failure = new Error('The memory has a defect.');
  const receiver = createWebhookReceiver({
    name: 'provider',
    secrets: [secret],
    now: () => time,
    memory: { has: () => false, add: () => undefined },
  });
  await receiver.open();
  const errors: unknown[] = [];
  await receiver.consume({
    maximumInFlight: 1,
    deliver: () => {
      throw failure;
    },
    onError: (error) => errors.push(error),
  });
  const request = new Request('https://shop.example', {
    method: 'POST',
    headers: signed(),
    body: Buffer.from(messageOf(1).body),
  });
  expect((await receiver.fetch(request)).status).toBe(500);
  expect(errors).toEqual([failure]);
});
