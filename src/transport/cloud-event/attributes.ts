import { OrderchartError } from '../../errors.ts';
import { messageInvalid, shortened } from './failure.ts';

/** Required attributes. */
const requiredNames = ['id', 'source', 'type'] as const;
/** Optional core attributes, besides `datacontenttype`. */
export const optionalNames = ['subject', 'time', 'dataschema'] as const;

/** Names that are reserved for the core. */
const takenNames: ReadonlySet<string> = new Set([
  ...requiredNames,
  ...optionalNames,
  'specversion',
  'datacontenttype',
  'data',
]);

const nameForm = /^[a-z0-9]{1,64}$/;
/**
 * Not allowed in strings by the CloudEvents type system: control characters and lone surrogates.
 */
const unfit = /[\p{Cc}\p{Cs}]/u;
const timeForm = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** The attributes of an event by name, except `data` and `specversion`. */
export type Attributes = ReadonlyMap<string, string>;

/** Whether an extension may have this name. */
export function isExtensionName(name: string): boolean {
  return nameForm.test(name) && !takenNames.has(name);
}

/** Returns the fault of an attribute, to follow its name, or `undefined`. */
function faultOf(name: string, value: string): string | undefined {
  if (unfit.test(value)) return 'contains control characters or a lone surrogate';
  if (value === '' && takenNames.has(name)) return 'is empty';
  if (name === 'time' && !(timeForm.test(value) && !Number.isNaN(Date.parse(value)))) {
    return 'is not a time by RFC 3339';
  }
  return undefined;
}

/** Checks the attributes of a received event. Unknown names must be valid for extensions. */
export function checkIncoming(attributes: Attributes): void {
  for (const name of requiredNames) {
    if (!attributes.has(name)) throw messageInvalid(`The event has no attribute '${name}'.`);
  }
  for (const [name, value] of attributes) {
    if (!takenNames.has(name) && !nameForm.test(name)) {
      throw messageInvalid(
        `The attribute '${shortened(name)}' of the event has a name that is not made of lower-case ` +
          'letters and digits.',
      );
    }
    const fault = faultOf(name, value);
    if (fault !== undefined) {
      throw messageInvalid(`The attribute '${shortened(name)}' of the event ${fault}.`);
    }
  }
}

/** Checks the attributes of an event to send. Failures are `invalidArgument`. */
export function checkOutgoing(attributes: Attributes): void {
  for (const [name, value] of attributes) {
    const fault = faultOf(name, value);
    if (fault === undefined) continue;
    throw new OrderchartError(
      'invalidArgument',
      `The attribute '${shortened(name)}' of the event ${fault}; it cannot be sent.`,
    );
  }
}
