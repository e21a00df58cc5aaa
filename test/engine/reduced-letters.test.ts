import { hash } from 'node:crypto';
import { createInProcessTransport, type TransportMessage } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { scriptedTransport } from '../transport/scripted-transport.ts';
import { until } from './kit.ts';
import { raw, receiving } from './receive-kit.ts';

const minute = 60_000;

describe('dead letters that the transport refuses', () => {
  it('say only what the message was when the transport refuses it', async () => {
    const deadLetter = createInProcessTransport({ maximumBodyBytes: 1000 });
    const { engine, transport, clock } = await receiving({ deadLetter, maximumBodyBytes: 1000 });
    const body = ' '.repeat(1001);
    const handed = transport.deliver({
      ...raw('m-1', body),
      key: 'key-1',
      type: 'odd',
      headers: { odd: '1' },
    });
    await engine.idle();
    expect(handed.outcome).toBe('acked');
    const kept: TransportMessage[] = [];
    await deadLetter.consume?.({
      maximumInFlight: 10,
      deliver: ({ message }) => void kept.push(message),
      onError: () => {},
    });
    await until(() => kept.length > 0);
    expect(kept).toEqual([
      {
        id: expect.stringMatching(/^dead-letter\/in\/m-1\/[0-9a-f]{32}\/reduced$/),
        key: '',
        type: '',
        sequence: undefined,
        headers: {
          'orderchart-dead-letter-reason': 'messageTooLarge',
          'orderchart-dead-letter-detail': expect.any(String),
          'orderchart-dead-letter-reception': 'in',
          'orderchart-dead-letter-message-id': 'm-1',
          'orderchart-dead-letter-at': new Date(clock.now()).toISOString(),
          'orderchart-dead-letter-message-key': 'key-1',
          'orderchart-dead-letter-message-type': 'odd',
          'orderchart-dead-letter-body-bytes': '1001',
          'orderchart-dead-letter-body-sha256': hash('sha256', body, 'hex'),
        },
        body: new Uint8Array(),
      },
    ]);
  });

  it('stay in hand when the transport refuses even that, and the log says so', async () => {
    const deadLetter = scriptedTransport('graveyard');
    deadLetter.answer = async () => [{ status: 'refused', reason: 'too large' }];
    const { engine, transport, clock, log } = await receiving({ deadLetter });
    const handed = transport.deliver(raw('', 'a'));
    await clock.runTo(clock.now() + minute, () => engine.idle());
    expect(handed.outcome).toBeUndefined();
    expect(String(log.at(-1)?.fields['error'])).toContain('too large');
    const lengths = deadLetter.calls.map(([letter]) => letter?.body.byteLength);
    expect(lengths.slice(0, 3)).toEqual([1, 0, 1]);
  });
});
