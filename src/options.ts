import { z } from 'zod';
import { OrderchartError } from './errors.ts';

/** A schema for each option; a missing or an additional schema does not compile. */
export type OptionSchemas<Options> = {
  readonly [Name in keyof Options]-?: z.ZodType<unknown, Options[Name] | undefined>;
};

/** The checked options; those that were left out and have no default are `undefined`. */
export type Settings<Schema extends z.ZodObject> = {
  readonly [Name in keyof Required<z.output<Schema>>]: z.output<Schema>[Name];
};

/** The longest delay of a timer in Node: 24.8 days. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * Checks the options of a function that hosts call. Throws `invalidArgument` for a wrong value, and
 * for an unknown option, which may be misspelled and would otherwise be silently ignored. The message
 * names the option but never contains its value, which may be a password.
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

/** Returns the error for an option with a wrong value. */
export function invalidOption(factory: string, option: string, text: string): OrderchartError {
  const message = `${factory}: \`${option}\` ${asSentence(text)}`;
  return new OrderchartError('invalidArgument', message, { details: { option } });
}

/** A wrong value: where, and what is wrong. */
export interface Fault {
  readonly path: readonly string[];
  readonly text: string;
}

interface Parsed<Data> {
  readonly data?: Data;
  /** Unknown names first: a misspelled name is the reason why the right one is missing. */
  readonly faults: readonly Fault[];
  /** What a getter or a proxy threw. */
  readonly cause?: unknown;
}

/** Parses a value by a schema. Never throws. */
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

/** Adds a period, unless the text ends with a question mark. */
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

/** Returns the Levenshtein distance: how many letters have to be added, removed or replaced. */
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

/** A whole number; `unit` is for the message: `bytes`, `milliseconds`. */
export function whole(least: number, most: number, unit?: string) {
  const of = unit === undefined ? '' : ` of ${unit}`;
  return z.custom<number>(
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    `must be a whole number${of} from ${least} to ${most}`,
  );
}

export const flag = () => z.boolean('must be true or false');

/** One of these words. */
export function oneOf<const Word extends string>(...words: readonly Word[]) {
  const isOne = (value: unknown): boolean => words.some((word) => word === value);
  return z.custom<Word>(isOne, `must be ${words.map((word) => `'${word}'`).join(' or ')}`);
}

/** A text of a form; `what` describes the form in the message. */
export function text(form: RegExp | ((value: string) => boolean), what: string) {
  const isRight = typeof form === 'function' ? form : (value: string) => form.test(value);
  return z.custom<string>((value) => typeof value === 'string' && isRight(value), `must ${what}`);
}

/** A text or a list of texts; the output is a list. The texts are checked elsewhere. */
export function oneOrSeveral(what: string) {
  return z
    .custom<string | readonly string[]>(
      (value) => typeof value === 'string' || (Array.isArray(value) && value.length > 0),
      `must be ${what}, or several`,
    )
    .transform((value) => (typeof value === 'string' ? [value] : value));
}

/** Any text, such as a password. */
export const anyText = () => z.string('must be a text');

/** A function. */
export function callable<Callable>() {
  return z.custom<Callable>((value) => typeof value === 'function', 'must be a function');
}

/** Any object; it is passed on as it is. */
export function anyObject<Shape extends object>() {
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
  return z.custom<Shape>(isObject, 'must be an object');
}

/** An object with these methods. */
export function withMethods<Shape>(what: string, ...methods: readonly (keyof Shape & string)[]) {
  const hasThem = (value: unknown): boolean =>
    Object(value) === value &&
    methods.every((method) => typeof Reflect.get(value as object, method) === 'function');
  return z.custom<Shape>(hasThem, `must ${what}`);
}

/** The place and message of a check that concerns several options. */
export const at = (option: string, error: string) => ({ path: [option], error });

/** Checks the reconnect delays of an adapter. */
export const delaysInOrder = [
  (given: { readonly reconnectDelayMs: number; readonly maximumReconnectDelayMs: number }) =>
    given.reconnectDelayMs <= given.maximumReconnectDelayMs,
  at('maximumReconnectDelayMs', 'must not be less than `reconnectDelayMs`'),
] as const;
