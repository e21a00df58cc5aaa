import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { Pull } from '../../../src/transport/nats/pull.ts';

/** A pull on a connection of which the test plays the server. */
function given() {
  const requests: { readonly batch: number }[] = [];
  const heard: string[] = [];
  let inbox = '';
  let receive: (message: Msg) => void = () => undefined;
  const connection = {
    subscribe: (subject: string, options: { callback: (error: null, message: Msg) => void }) => {
      inbox = subject;
      receive = (message) => options.callback(null, message);
    },
  } as unknown as NatsConnection;
  const link = {
    inboxPrefix: undefined,
    send: (_: string, payload: string) => void requests.push(JSON.parse(payload)),
  };
  const pull = new Pull(link, connection, 'next', {
    arrived: ({ subject }) => heard.push(subject),
    expired: () => heard.push('expired'),
    broken: (error) => heard.push(String(error)),
  });
  const status = (code: number, text: string, left?: number) => {
    const given = headers(code, text);
    if (left !== undefined) given.set('Nats-Pending-Messages', `${left}`);
    receive({ subject: inbox, headers: given } as Msg);
  };
  const message = (subject: string) => receive({ subject } as Msg);
  return { pull, requests, heard, status, message };
}

const batches = (requests: readonly { readonly batch: number }[]) =>
  requests.map(({ batch }) => batch);

it('asks for what there is room for, less what is expected, in large portions', () => {
  const { pull, requests, message } = given();
  pull.fill(100, 100);
  pull.fill(100, 100);
  for (let count = 0; count < 24; count += 1) message('a');
  pull.fill(100, 100);
  expect(batches(requests)).toEqual([100]);
  message('a');
  pull.fill(100, 100);
  expect(batches(requests)).toEqual([100, 25]);
});

it('asks for little when nothing is expected any more', () => {
  const { pull, requests, message } = given();
  pull.fill(1, 100);
  message('a');
  pull.fill(1, 100);
  pull.fill(0, 100);
  expect(batches(requests)).toEqual([1, 1]);
});

it('asks again for what a request that expired did not bring', () => {
  const { pull, requests, heard, status, message } = given();
  pull.fill(10, 10);
  message('a');
  status(408, 'Request Timeout', 9);
  pull.fill(9, 10);
  expect(heard).toEqual(['a', 'expired']);
  expect(batches(requests)).toEqual([10, 9]);
});

it.each([
  [408, 'Request Timeout'],
  [409, 'Consumer Deleted'],
  [409, 'Leadership Change'],
  [503, 'No Responders'],
])('is broken when the server says %s %s', (code, text) => {
  const { pull, heard, status } = given();
  pull.fill(10, 10);
  status(code, text);
  expect(heard).toEqual([
    expect.stringContaining(`no messages now: ${code} ${text.toLowerCase()}`),
  ]);
});

it('is broken when the server is silent although something is expected', () => {
  const { pull, heard, status, message } = given();
  for (let count = 0; count < 9; count += 1) pull.checkSilence();
  pull.fill(10, 10);
  for (const sign of [() => message('a'), () => status(100, 'Idle Heartbeat')]) {
    for (let count = 0; count < 3; count += 1) pull.checkSilence();
    sign();
  }
  for (let count = 0; count < 3; count += 1) pull.checkSilence();
  expect(heard).toEqual(['a']);
  pull.checkSilence();
  expect(heard).toEqual(['a', expect.stringContaining('silent')]);
});
