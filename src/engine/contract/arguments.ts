import type { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import { asSentence, parse, withMethods } from '../../options.ts';

/**
 * Checks what a caller passed in. Misuse is told as `invalidArgument`, with every place that is
 * wrong; so is a value that cannot even be looked at (a getter or a proxy that throws).
 *
 * @param what The argument as a reader knows it: `options of list`.
 */
export function checkArgument<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const { data, faults, cause } = parse(schema, value);
  if (faults.length === 0) return data as z.output<Schema>;
  const issues = faults.map(({ path, text }) => ({ path: path.join('.'), message: text }));
  const { path = '', message = '' } = issues[0] ?? {};
  const where = path === '' ? '' : ` (${path})`;
  throw new OrderchartError('invalidArgument', `The ${what}${where}: ${asSentence(message)}`, {
    details: { issues, ...(path === '' ? {} : { option: faults[0]?.path[0] }) },
    cause,
  });
}

/** Something with these methods; what they do is its author's business. */
export function having<Shape>(name: string, ...methods: readonly (keyof Shape & string)[]) {
  const what = `be ${name}, with the methods ${methods.join(', ')}`;
  return withMethods<Shape>(what, ...methods);
}
