import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWebhookReceiver } from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { retryDelayMs } from '../../src/engine/kernel/backoff.ts';
import { isOrderchartError } from '../../src/errors.ts';
import { defaultRefusedStatuses, resultOf } from '../../src/webhook/answers.ts';
import { endpointFields } from '../../src/webhook/endpoint.ts';
import { readReceiverOptions, receiverOptionNames } from '../../src/webhook/receiver/options.ts';
import { webhookRefusals } from '../../src/webhook/receiver/refusal.ts';
import { readTransportOptions, transportOptionNames } from '../../src/webhook/settings.ts';
import { verifierOptionNames } from '../../src/webhook/verifier.ts';
import { readPage, root, sectionsOf, tablesOf } from './markdown.ts';

const page = readPage('docs/reference/transports/webhook.md');
const sections = new Map([...sectionsOf(page, 2), ...sectionsOf(page, 3)]);
const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];

/** The first table below a heading, cells without backticks. */
function rowsOf(title: string): readonly (readonly string[])[] {
  const [rows = []] = tablesOf(sections.get(title) ?? '');
  return rows.map((row) => row.map((cell) => cell.replaceAll('`', '')));
}

/** Names in the first column, which may be several in a cell. */
const namesIn = (title: string) => rowsOf(title).flatMap(([names = '']) => names.split(', '));

/** Defaults that are numbers or truth values, as the settings have them. */
function expectDefaults(title: string, settings: object): void {
  for (const [name = '', value] of rowsOf(title)) {
    const actual: unknown = Reflect.get(settings, name);
    if (['number', 'boolean'].includes(typeof actual)) expect(value, name).toBe(String(actual));
  }
}

describe('docs/reference/transports/webhook.md', () => {
  it('has every option of the transport, with its default', () => {
    const title = 'Options of createWebhookTransport';
    expect(namesIn(title).toSorted()).toEqual(transportOptionNames.toSorted());
    const settings = readTransportOptions({ url: 'https://a.example', secrets, now: () => 0 });
    expectDefaults(title, settings);
    const statuses = rowsOf(title).find(([name]) => name === 'refusedStatuses')?.[1];
    expect(statuses).toBe([...settings.refusedStatuses].join(', '));
  });

  it('has every field of an endpoint', () => {
    expect(namesIn('An endpoint').toSorted()).toEqual(endpointFields.toSorted());
  });

  it('has every option of the verifier and the receiver, with its default', () => {
    const settings = readReceiverOptions({ secrets, now: () => 0 });
    const verifier = 'Options of createWebhookVerifier';
    const receiver = 'Options of createWebhookReceiver';
    expect(namesIn(verifier).toSorted()).toEqual(verifierOptionNames.toSorted());
    expect([...namesIn(verifier), ...namesIn(receiver)].toSorted()).toEqual(
      receiverOptionNames.toSorted(),
    );
    expectDefaults(verifier, settings);
    expectDefaults(receiver, settings);
  });

  it('says of each answer what it counts as', () => {
    const documented = new Map(
      rowsOf('What an answer means').flatMap(([answers = '', meaning = '']) =>
        answers.split(/, /).map((answer) => [answer, meaning] as const),
      ),
    );
    for (let status = 200; status < 600; status += 1) {
      const answer = { status, retryAfter: undefined, location: undefined };
      const result = resultOf(answer, 'a', new Set(defaultRefusedStatuses));
      const meaning =
        documented.get(String(status)) ??
        documented.get(`${Math.floor(status / 100)}xx`) ??
        documented.get('and the rest');
      const isUnavailable =
        result.status === 'failed' && isOrderchartError(result.error, 'transportUnavailable');
      const code = isUnavailable ? 'transportUnavailable' : 'transportRefused';
      expect(meaning, String(status)).toBe(
        result.status === 'failed' ? `failed, ${code}` : result.status,
      );
    }
  });

  it('says how a sender is answered, for each reason', () => {
    const documented = rowsOf('What a sender is answered').map(
      ([reason, status]) => [reason, Number(status)] as const,
    );
    expect(Object.fromEntries(documented)).toEqual(webhookRefusals);
  });

  it('names every count of the receiver', () => {
    const text = sections.get('What a sender is answered') ?? '';
    const counts = Object.keys(createWebhookReceiver({ secrets }).stats());
    for (const count of counts.filter((name) => name !== 'refused')) {
      expect(text).toContain(`\`${count}\``);
    }
  });

  it('names every header that the transport adds', () => {
    const folder = join(root, 'src/webhook');
    const source = readFileSync(join(folder, 'attributes.ts'), 'utf8');
    expect(readdirSync(folder)).toContain('attributes.ts');
    const added = ['key', 'type', 'sequence', 'headers', 'signature'];
    for (const name of added) expect(source).toMatch(new RegExp(`prefix}${name}`));
    expect(namesIn('What is signed').toSorted()).toEqual(
      added.map((name) => `orderchart-${name}`).toSorted(),
    );
  });

  it('has the retry schedule that the engine keeps', () => {
    const policy = { initialDelayMs: 5_000, maximumDelayMs: 86_400_000 };
    const waits = Array.from({ length: 17 }, (_, index) => retryDelayMs(policy, index + 1, 1));
    for (const [attempt, wait, since] of rowsOf('The retry schedule')) {
      const upTo = waits.slice(0, Number(attempt) - 1);
      expect(wait, attempt).toBe(durationText(upTo.at(-1) ?? 0));
      expect(since, attempt).toBe(durationText(upTo.reduce((sum, one) => sum + one, 0)));
    }
  });
});

/** `5 s`, `11 min`, `2.8 h`. */
function durationText(durationMs: number): string {
  if (durationMs < 60_000) return `${durationMs / 1000} s`;
  if (durationMs < 3_600_000) return `${Math.round(durationMs / 60_000)} min`;
  return `${Number((durationMs / 3_600_000).toFixed(1))} h`;
}
