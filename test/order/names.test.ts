import { describe, expect, it } from 'vitest';
import { commandSchemas, reportTypes } from '../../src/order/commands/commands.ts';
import { isEventType } from '../../src/order/events/events.ts';

/** The outcomes that a report knows, as its JSON Schema has them. */
function outcomesOf(schema: object): string[] {
  return [
    ...JSON.stringify(schema).matchAll(/"outcome":\{[^}]*?"(?:const|enum)":(\[[^\]]*\]|"\w+")/g),
  ].flatMap(([, found = '[]']) => JSON.parse(found) as string | string[]);
}

describe('one thing has one name', () => {
  it.each(reportTypes)('every outcome of %s is the last word of its event', (type) => {
    const outcomes = outcomesOf(commandSchemas[type].toJSONSchema());
    expect(outcomes).not.toEqual([]);
    const [family = ''] = type.split('.');
    for (const outcome of outcomes) {
      const word = outcome.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      expect({ outcome, isEvent: isEventType(`${family}.${word}`) }).toEqual({
        outcome,
        isEvent: true,
      });
    }
  });
});
