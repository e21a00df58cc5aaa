import { z } from 'zod';
import { policySchema } from '../../src/order/policy.ts';
import {
  amountSchema,
  currencySchema,
  idSchema,
  jsonObjectSchema,
  lineUnitsSchema,
  positiveAmountSchema,
  reasonSchema,
  textSchema,
  timestampSchema,
  unitsSchema,
} from '../../src/order/schemas.ts';

/** A field of a command or event as its schema has it. */
export interface SchemaField {
  readonly name: string;
  /** As the reference writes it: `id`, `minor units`, `a \| b`. */
  readonly type: string;
  readonly isOptional: boolean;
  readonly isNullable: boolean;
}

/** Schemas that have a name in the reference. */
const names: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [idSchema, 'id'],
  [reasonSchema, 'id'],
  [textSchema, 'text'],
  [amountSchema, 'amount'],
  [positiveAmountSchema, 'amount > 0'],
  [unitsSchema, 'units'],
  [currencySchema, 'currency'],
  [timestampSchema, 'time'],
  [jsonObjectSchema, 'JSON object'],
  [lineUnitsSchema, 'units of lines'],
  [policySchema, 'policy'],
]);

/** The fields of an object schema, or of all variants of a union of them. */
export function fieldsOf(schema: z.ZodType): readonly SchemaField[] {
  const variants = variantsOf(schema);
  const fieldNames = new Set(variants.flatMap((variant) => Object.keys(variant.shape)));
  return [...fieldNames].map((name) => {
    const found = variants.flatMap(({ shape }) => shape[name] ?? []);
    const first = found[0] as z.ZodType;
    return {
      name,
      type: [...new Set(found.map((each) => typeOf(each as z.ZodType)))].join(' | '),
      isOptional: found.length < variants.length || first.isOptional(),
      isNullable: first.isNullable(),
    };
  });
}

export function variantsOf(schema: z.ZodType): readonly z.ZodObject[] {
  if (schema instanceof z.ZodObject) return [schema];
  if (schema instanceof z.ZodDiscriminatedUnion) {
    return schema.options.flatMap((option) => variantsOf(option as z.ZodType));
  }
  throw new Error('Neither an object nor a union of objects.');
}

function isWrapped(schema: z.ZodType): schema is z.ZodOptional | z.ZodNullable {
  return (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable
  );
}

function typeOf(schema: z.ZodType): string {
  const name = names.get(schema);
  if (name !== undefined) return name;
  if (isWrapped(schema)) return typeOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodString) return 'text';
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(quoted).join(' | ');
  if (schema instanceof z.ZodEnum) return schema.options.map(quoted).join(' | ');
  if (schema instanceof z.ZodArray) return 'list';
  return 'object';
}

const quoted = (value: unknown): string => `\`${String(value)}\``;

/** Names of fields within the fields of a schema, at any depth. */
export function nestedNamesOf(schema: z.ZodType): readonly string[] {
  const names = variantsOf(schema)
    .flatMap(({ shape }) => Object.values(shape))
    .flatMap((field) => namesWithin(field as z.ZodType));
  return [...new Set(names)];
}

function namesWithin(schema: z.ZodType): readonly string[] {
  if (schema === policySchema || schema === lineUnitsSchema) return [];
  // Part of a policy, which has a table of its own.
  if (schema instanceof z.ZodObject && 'confirmWhen' in schema.shape) return [];
  if (isWrapped(schema)) return namesWithin(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodArray) return namesWithin(schema.element as z.ZodType);
  if (schema instanceof z.ZodObject || schema instanceof z.ZodDiscriminatedUnion) {
    return variantsOf(schema).flatMap(({ shape }) =>
      Object.entries(shape).flatMap(([name, field]) => [name, ...namesWithin(field as z.ZodType)]),
    );
  }
  return [];
}
