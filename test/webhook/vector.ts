import { createSecretKey } from 'node:crypto';
import { createWebhookVerifier } from 'orderchart/webhook';
import { standardHeaders, standardKey } from '../../src/webhook/standard.ts';
import { messageOf, secret, time } from './kit.ts';

/** Of the tests of the Standard Webhooks libraries. */
export const vector = {
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  body: '{"test": 2432232314}',
  signedAt: 1_614_265_330_000,
};

export const vectorVerifier = createWebhookVerifier({
  secrets: [secret],
  now: () => vector.signedAt,
});

/** The headers that a message is sent with. */
export const signed = (
  message = messageOf(1),
  secrets: readonly string[] = [secret],
  now: number = time,
) =>
  standardHeaders(
    message,
    now,
    secrets.map((one) => createSecretKey(standardKey(one))),
  );

export const verifierOf = (secrets: readonly string[], now = time) =>
  createWebhookVerifier({ secrets, now: () => now });
