import { z } from 'zod';
import { OrderchartError } from '../errors.ts';

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
  let result: z.ZodSafeParseResult<z.output<Schema>>;
  try {
    result = schema.safeParse(value);
  } catch (cause) {
    throw new OrderchartError('invalidArgument', `The ${what} cannot be read.`, { cause });
  }
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({
    path: path.map((step) => String(step).slice(0, 64).toWellFormed()).join('.'),
    message: message.slice(0, 256).toWellFormed(),
  }));
  const [first] = issues;
  const where = first?.path ? ` (${first.path})` : '';
  throw new OrderchartError('invalidArgument', `The ${what}${where}: ${first?.message}.`, {
    details: { issues },
  });
}

/** Something with these methods; what they do is its author's business. */
export function having<Shape>(name: string, ...methods: readonly string[]): z.ZodType<Shape> {
  const hasThem = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => typeof Reflect.get(value, method) === 'function');
  return z.custom<Shape>(hasThem, {
    message: `must be ${name}, with the methods ${methods.join(', ')}`,
  });
}
