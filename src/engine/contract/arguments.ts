import type { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import { asSentence, parse, withMethods } from '../../options.ts';

/**
 * Checks an argument of a host. Throws `invalidArgument` with every place that is wrong, also for a
 * value that cannot be read (a getter or a proxy that throws).
 *
 * @param what Names the argument in the error: `options of list`.
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

/** An object with these methods. */
export function having<Shape>(name: string, ...methods: readonly (keyof Shape & string)[]) {
  const what = `be ${name}, with the methods ${methods.join(', ')}`;
  return withMethods<Shape>(what, ...methods);
}
