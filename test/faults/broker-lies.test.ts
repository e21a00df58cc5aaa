import { expect, it } from 'vitest';
import { urlVariable } from '../postgres/database.ts';
import { describeProgram } from '../services.ts';
import { startRedis } from './kit/brokers.ts';
import { brokerTest } from './scenarios/broker.ts';

// The tests of brokers are not blind: a transport that says `published` before the broker has
// confirmed it loses what was on its way, and that is found.

describeProgram('redis-server', () => {
  it('a transport that does not wait for the broker is found out', async () => {
    const { run } = brokerTest('lies', startRedis, { lies: true });
    const url = process.env[urlVariable] ?? '';
    const { losses } = await run({ seed: 0, scale: 1, url, progress: () => {} });
    expect(losses.join('\n')).toMatch(/was never delivered/);
  });
});
