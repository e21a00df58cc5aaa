import { setTimeout as pause } from 'node:timers/promises';
import { createInProcessTransport } from 'orderchart';
import {
  delegateTransport,
  type TransportConformanceOptions,
  transportConformance,
  transportConformanceCases,
} from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { adviceFor, advisedCases } from '../../src/testing/transport-conformance/advice.ts';
import { useVirtualTime } from '../virtual-time.ts';

useVirtualTime();

const features = createInProcessTransport().features;

/** What is registered, by name. */
function register(
  options: Omit<TransportConformanceOptions, 'runner'>,
): ReadonlyMap<string, () => Promise<void>> {
  const registered = new Map<string, () => Promise<void>>();
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (name: string, body: () => Promise<void>) => registered.set(name, body),
  };
  transportConformance({ ...options, runner });
  return registered;
}

const createTransport = () => ({ transport: createInProcessTransport() });

describe('the registration of the suite of transports', () => {
  it('says of every case that does not apply why it does not', () => {
    const names = [...register({ createTransport, features }).keys()];
    const skipped = names.filter((name) => name.includes('(skipped: '));
    expect(skipped.length).toBeGreaterThan(10);
    expect(skipped).toContain(
      'a message published twice with the same id arrives once (skipped: the transport does not deduplicate)',
    );
    expect(skipped).toContain(
      'two consumers share the messages: each goes to one of them (skipped: the factory provides no `again`)',
    );
  });

  it('leaves nearly nothing for a transport that only publishes to nobody who can be asked', () => {
    const publisher = { ...features, consumes: false, maximumBodyBytes: Number.POSITIVE_INFINITY };
    const names = [...register({ createTransport, features: publisher }).keys()];
    expect(names).toContain(
      'an empty body arrives empty (skipped: the transport only publishes, and the factory provides no `received`)',
    );
    expect(names).toContain(
      'a body one byte larger is refused, with a reason that does not repeat it (skipped: the transport carries more than a test can hold)',
    );
  });

  it('fails when the transport has other features than it is tested for', async () => {
    const claimed = { ...features, ordered: false };
    const run = register({ createTransport, features: claimed }).get(
      'the transport has the features that it is tested for',
    );
    await expect(run?.()).rejects.toThrow('deep-equal');
  });

  it('fails when the factory provides other things than it says', async () => {
    const name = 'the factory provides what `provides` names';
    const tooMuch = register({ createTransport, features, provides: ['again'] }).get(name);
    await expect(tooMuch?.()).rejects.toThrow('deep-equal');
    const again = createInProcessTransport;
    const createMore = () => ({ ...createTransport(), again });
    await expect(register({ createTransport: createMore, features }).get(name)?.()).rejects.toThrow(
      'deep-equal',
    );
  });

  it('says which case failed, and what adapters usually do wrong there', async () => {
    const deaf = () => {
      const transport = delegateTransport(createInProcessTransport());
      return { transport: { ...transport, publish: async () => [] } };
    };
    const name = 'every message of a batch is answered';
    const failure = register({ createTransport: deaf, features }).get(name)?.();
    await expect(failure).rejects.toThrow(`Expected (confirmation): ${name}.`);
    await expect(failure).rejects.toThrow('The usual mistake: a message is answered before');
  });

  it('has advice for every case, and for none that there is not', () => {
    for (const one of transportConformanceCases) expect(adviceFor(one), one.name).toBeDefined();
    const names = transportConformanceCases.map(({ name }) => name);
    expect(advisedCases.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('tells of an `open` that is slow', async () => {
    const told: string[] = [];
    const slow = () => {
      const transport = delegateTransport(createInProcessTransport());
      const open = async () => {
        // Longer than a third of the patience, and far from all of it.
        await pause(1_100);
        await transport.open();
      };
      return { transport: { ...transport, open } };
    };
    const onSlow = (message: string) => told.push(message);
    const options = { createTransport: slow, features, patienceMs: 3_000, onSlow };
    await register(options).get('an empty batch is answered with an empty list')?.();
    expect(told).toEqual([expect.stringMatching(/^`open` of the transport 'in-process' took/)]);
  });

  it('passes where all is well', async () => {
    const registered = register({ createTransport, features });
    for (const [name, run] of registered) await expect(run(), name).resolves.toBeUndefined();
  });
});
