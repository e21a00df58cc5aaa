import { OrderchartError } from '../../errors.ts';
import { messageInvalid, shortened } from './failure.ts';

/** Attributes that every event has. */
const requiredNames = ['id', 'source', 'type'] as const;
/** Attributes of the core that an event may have, besides `datacontenttype`. */
export const optionalNames = ['subject', 'time', 'dataschema'] as const;

/** Names that no extension may have. */
const takenNames: ReadonlySet<string> = new Set([
  ...requiredNames,
  ...optionalNames,
  'specversion',
  'datacontenttype',
  'data',
]);

const nameForm = /^[a-z0-9]{1,64}$/;
/** Not allowed in strings by the CloudEvents type system (control characters, half characters). */
const unfit = /[\p{Cc}\p{Cs}]/u;
const timeForm = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** The attributes of an event by their names, `data` and `specversion` excepted. */
export type Attributes = ReadonlyMap<string, string>;

/** Whether a name may be that of an extension. */
export function isExtensionName(name: string): boolean {
  return nameForm.test(name) && !takenNames.has(name);
}

/** What is wrong with an attribute, in words that go after its name; `undefined` when nothing is. */
function faultOf(name: string, value: string): string | undefined {
  if (unfit.test(value)) return 'holds control characters or a lone surrogate';
  if (value === '' && takenNames.has(name)) return 'is empty';
  if (name === 'time' && !(timeForm.test(value) && !Number.isNaN(Date.parse(value)))) {
    return 'is not a time by RFC 3339';
  }
  return undefined;
}

/** Checks what came in. Names that the specification does not know must be those of extensions. */
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

/** Checks what a caller wants to send; the fault is the caller's. */
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
