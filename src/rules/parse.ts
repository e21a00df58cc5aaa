import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import { commandSchemas } from '../order/commands/commands.ts';
import { eventTypes } from '../order/events/events.ts';
import type { ErasedDefinition } from '../order/extension.ts';
import { idSchema, timestampSchema } from '../order/schemas.ts';
import type { ParsedCommand } from './types.ts';

/** Checks one command against the schema of its type. */
export type Parser = (command: unknown) => ParsedCommand;

/** Collects the schemas of core and extensions. Refuses commands or events that share a name. */
export function createParser(extensions: readonly ErasedDefinition[]): Parser {
  const schemas = new Map<string, z.ZodType>(Object.entries(commandSchemas));
  const events = new Set<string>(eventTypes);
  const names = new Set<string>();
  for (const extension of extensions) {
    checkName(extension, names);
    addCommands(schemas, extension);
    addEvents(events, extension);
  }
  return (command) => parse(schemas, command);
}

function parse(schemas: ReadonlyMap<string, z.ZodType>, command: unknown): ParsedCommand {
  const type =
    typeof command === 'object' && command !== null ? Reflect.get(command, 'type') : undefined;
  const schema = typeof type === 'string' ? schemas.get(type) : undefined;
  if (schema === undefined) throw unknownType(type, schemas);
  const result = schema.safeParse(command);
  if (result.success) return result.data as ParsedCommand;
  const issues = result.error.issues.map(({ path, message, code }) => ({
    path: path.map(String).join('.'),
    message,
    code,
  }));
  const [first] = issues;
  throw new OrderchartError(
    'invalidCommand',
    `${type}: ${first?.path === '' ? '' : `${first?.path}: `}${first?.message}` +
      (issues.length > 1 ? ` (and ${issues.length - 1} more, see details.issues)` : ''),
    { details: { type, issues } },
  );
}

function unknownType(type: unknown, schemas: ReadonlyMap<string, z.ZodType>): OrderchartError {
  const shown = typeof type === 'string' ? `"${type.slice(0, 64)}"` : typeof type;
  return new OrderchartError(
    'invalidCommand',
    `A command needs a known type, not ${shown}: one of ${[...schemas.keys()].join(', ')}.`,
    { details: { issues: [{ path: 'type', message: 'unknown', code: 'invalid_value' }] } },
  );
}

const extensionName = /^[a-z][a-zA-Z0-9-]{0,63}$/;
const typeName = /^[a-z][a-zA-Z0-9]*\.[a-z][a-zA-Z0-9_]*$/;

function checkName({ name }: ErasedDefinition, names: Set<string>): void {
  if (!extensionName.test(name)) {
    refuse(name, 'its name must be a lowercase letter and up to 63 letters, digits and dashes');
  }
  if (names.has(name)) refuse(name, 'another extension has the same name');
  names.add(name);
}

/** Fields that every report has, the core's as well as an extension's. */
const reporter = {
  source: idSchema,
  reportId: idSchema,
  occurredAt: timestampSchema.optional(),
};

function addCommands(schemas: Map<string, z.ZodType>, extension: ErasedDefinition): void {
  const add = (type: string, schema: z.ZodObject, extra: z.core.$ZodLooseShape) => {
    if (!typeName.test(type)) refuse(extension.name, `command "${type}" must be named family.verb`);
    if (schemas.has(type)) refuse(extension.name, `command "${type}" already exists`);
    if (extension.decide[type] === undefined) {
      refuse(extension.name, `nothing decides "${type}": add it to decide`);
    }
    const whole = schema.safeExtend({ type: z.literal(type), orderId: idSchema, ...extra });
    schemas.set(type, whole.strict());
  };
  for (const [type, schema] of Object.entries(extension.requests)) add(type, schema, {});
  for (const [type, schema] of Object.entries(extension.reports)) add(type, schema, reporter);
}

function addEvents(events: Set<string>, extension: ErasedDefinition): void {
  for (const type of Object.keys(extension.events)) {
    if (!typeName.test(type))
      refuse(extension.name, `event "${type}" must be named family.past_tense`);
    if (events.has(type)) refuse(extension.name, `event "${type}" already exists`);
    if (extension.recipes[type] === undefined) {
      refuse(extension.name, `"${type}" has no recipe: add it to recipes`);
    }
    events.add(type);
  }
}

function refuse(name: string, reason: string): never {
  throw new OrderchartError('invalidExtension', `Extension "${name}": ${reason}.`, {
    details: { extension: name, reason },
  });
}
