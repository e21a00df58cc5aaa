import { z } from 'zod';
import { OrderchartError } from './errors.ts';

/** A schema for each option: one that is left out, or that there is no option for, does not compile. */
export type OptionSchemas<Options> = {
  readonly [Name in keyof Options]-?: z.ZodType<unknown, Options[Name] | undefined>;
};

/** The options, checked and complete: what was left out and has no default is `undefined`. */
export type Settings<Schema extends z.ZodObject> = {
  readonly [Name in keyof Required<z.output<Schema>>]: z.output<Schema>[Name];
};

/** What a timer of the host can wait for: 24.8 days. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * Reads the options of a function that hosts call. Throws `invalidArgument` for one that cannot
 * work, and for one that there is not: it may be misspelled, and would be passed over without a
 * word. The message names the option, and never holds what was given: it may be a password.
 */
export function checkOptions<Schema extends z.ZodObject>(
  factory: string,
  schema: Schema,
  options: unknown,
): Settings<Schema> {
  const { data, faults, cause } = parse(schema, options);
  if (data === undefined) {
    const { path: [option] = [], text = '' } = faults[0] ?? {};
    if (option !== undefined) throw invalidOption(factory, option, text);
    const message = `${factory}: the options must be an object that can be read.`;
    throw new OrderchartError('invalidArgument', message, { cause });
  }
  const leftOut = Object.keys(schema.shape).map((name) => [name, undefined]);
  return { ...Object.fromEntries(leftOut), ...data } as Settings<Schema>;
}

/** An option that cannot work. */
export function invalidOption(factory: string, option: string, text: string): OrderchartError {
  const message = `${factory}: \`${option}\` ${asSentence(text)}`;
  return new OrderchartError('invalidArgument', message, { details: { option } });
}

/** A place that is wrong. */
export interface Fault {
  readonly path: readonly string[];
  readonly text: string;
}

interface Parsed<Data> {
  readonly data?: Data;
  /** Unknown names first: who misspells a name has also left out the right one. */
  readonly faults: readonly Fault[];
  /** What a getter, or a proxy, threw. */
  readonly cause?: unknown;
}

/** What a schema makes of a value. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): Parsed<z.output<Schema>> {
  let result: z.ZodSafeParseResult<z.output<Schema>>;
  try {
    result = schema.safeParse(value);
  } catch (cause) {
    return { faults: [{ path: [], text: 'cannot be read' }], cause };
  }
  if (result.success) return { data: result.data, faults: [] };
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const issues = result.error.issues.toSorted((one, other) => rankOf(one) - rankOf(other));
  return { faults: issues.flatMap((issue) => faultsIn(issue, known)) };
}

const rankOf = ({ code }: z.core.$ZodIssue): number => (code === 'unrecognized_keys' ? 0 : 1);

function faultsIn(issue: z.core.$ZodIssue, known: readonly string[]): readonly Fault[] {
  const path = issue.path.map(bounded);
  if (issue.code !== 'unrecognized_keys') {
    return [{ path, text: issue.message.slice(0, 256).toWellFormed() }];
  }
  return issue.keys
    .map(bounded)
    .map((name) =>
      path.length > 0
        ? { path, text: `has no option \`${name}\`` }
        : { path: [name], text: `is not an option${suggestion(name, known)}` },
    );
}

/** With a full stop, unless it ends with a question. */
export function asSentence(text: string): string {
  return text.endsWith('?') ? text : `${text}.`;
}

function bounded(step: PropertyKey): string {
  return String(step).slice(0, 64).toWellFormed();
}

function suggestion(name: string, known: readonly string[]): string {
  const given = name.toLowerCase();
  const [nearest] = known
    .map((option) => ({ option, distance: distanceOf(given, option.toLowerCase()) }))
    .filter(({ option, distance }) => distance < Math.max(given.length, option.length) / 2)
    .sort((one, other) => one.distance - other.distance);
  return nearest === undefined ? '' : `. Did you mean \`${nearest.option}\`?`;
}

/** How many letters have to be added, removed or replaced (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const letter of one) {
    let corner = row[0] ?? 0;
    let left = corner + 1;
    const rest = row.slice(1).map((above, index) => {
      left = Math.min(above + 1, left + 1, corner + (letter === other[index] ? 0 : 1));
      corner = above;
      return left;
    });
    row = [(row[0] ?? 0) + 1, ...rest];
  }
  return row.at(-1) ?? 0;
}

/** A whole number; `unit` for the message: `bytes`, `milliseconds`. */
export function whole(least: number, most: number, unit?: string) {
  const of = unit === undefined ? '' : ` of ${unit}`;
  return z.custom<number>(
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    `must be a whole number${of} from ${least} to ${most}`,
  );
}

export const flag = () => z.boolean('must be true or false');

/** One of some words. */
export function oneOf<const Word extends string>(...words: readonly Word[]) {
  const isOne = (value: unknown): boolean => words.some((word) => word === value);
  return z.custom<Word>(isOne, `must be ${words.map((word) => `'${word}'`).join(' or ')}`);
}

/** A text of some form. `what` says which, and never what was given. */
export function text(form: RegExp | ((value: string) => boolean), what: string) {
  const isRight = typeof form === 'function' ? form : (value: string) => form.test(value);
  return z.custom<string>((value) => typeof value === 'string' && isRight(value), `must ${what}`);
}

/** One text, or several in a list; as a list. What is in them is looked at later. */
export function oneOrSeveral(what: string) {
  return z
    .custom<string | readonly string[]>(
      (value) => typeof value === 'string' || (Array.isArray(value) && value.length > 0),
      `must be ${what}, or several`,
    )
    .transform((value) => (typeof value === 'string' ? [value] : value));
}

/** Any text; passwords are. */
export const anyText = () => z.string('must be a text');

/** A function; what it does is its author's business. */
export function callable<Callable>() {
  return z.custom<Callable>((value) => typeof value === 'function', 'must be a function');
}

/** An object that is handed on as it is. */
export function anyObject<Shape extends object>() {
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
  return z.custom<Shape>(isObject, 'must be an object');
}

/** Something with these methods. */
export function withMethods<Shape>(what: string, ...methods: readonly (keyof Shape & string)[]) {
  const hasThem = (value: unknown): boolean =>
    Object(value) === value &&
    methods.every((method) => typeof Reflect.get(value as object, method) === 'function');
  return z.custom<Shape>(hasThem, `must ${what}`);
}

/** Where a check of several options puts its complaint. */
export const at = (option: string, error: string) => ({ path: [option], error });

/** What adapters that connect again by themselves must keep to. */
export const delaysInOrder = [
  (given: { readonly reconnectDelayMs: number; readonly maximumReconnectDelayMs: number }) =>
    given.reconnectDelayMs <= given.maximumReconnectDelayMs,
  at('maximumReconnectDelayMs', 'must not be less than `reconnectDelayMs`'),
] as const;
