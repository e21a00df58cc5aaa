import { OrderchartError } from '../errors.ts';
import { canonicalJson } from '../json/canonical.ts';
import type { JsonValue } from '../order/values.ts';
import {
  type Attributes,
  checkIncoming,
  checkOutgoing,
  isExtensionName,
  optionalNames,
} from './cloud-event/attributes.ts';
import { checkBodySize, jsonOf, type MessageLimits } from './cloud-event/bounded-json.ts';
import { messageInvalid, shortened } from './cloud-event/failure.ts';
import { decodeHeaderText, encodeHeaderText } from './cloud-event/header-text.ts';
import type { TransportMessage } from './transport.ts';

/**
 * How an event is encoded: attributes in headers and data as the body, or everything in the body.
 */
export type CloudEventMode = 'binary' | 'structured';

/** A CloudEvent 1.0 (https://github.com/cloudevents/spec), in either mode. */
export interface CloudEvent {
  /** Not empty. Identifies the event together with `source`. */
  readonly id: string;
  /** The origin of the event, a URI reference. */
  readonly source: string;
  /** The type of the event, such as `com.example.captured`. */
  readonly type: string;
  /** What the event is about, within the source. */
  readonly subject?: string | undefined;
  /** When the event happened, in RFC 3339. */
  readonly time?: string | undefined;
  /** The media type of `data`. Default `application/json`, unless `data` is bytes. */
  readonly datacontenttype?: string | undefined;
  /** The schema of `data`, a URI. */
  readonly dataschema?: string | undefined;
  /**
   * Other attributes. Names are lower-case letters and digits; values have the text form of section
   * 3.1.
   */
  readonly extensions: Readonly<Record<string, string>>;
  /**
   * The content: JSON if the media type is JSON or missing, otherwise bytes. `undefined` if there
   * is none.
   */
  readonly data: JsonValue | Uint8Array | undefined;
}

/** Options of {@link cloudEventMessage}. */
export interface CloudEventMessageOptions {
  /** The mode. Default `binary`. */
  readonly mode?: CloudEventMode | undefined;
  /** The key of the message, by which messages stay in order. Default: empty. */
  readonly key?: string | undefined;
  /** The position among the messages of the key. */
  readonly sequence?: number | undefined;
}

const structuredType = 'application/cloudevents+json';
const anyStructuredType = /^application\/cloudevents/i;
const jsonType = /^(application|text)\/(json|[^;\s]+\+json)\s*(;|$)/i;
const messageIdForm = /^[\x21-\x7e]{1,200}$/;

/**
 * Encodes an event as a message. Equal events result in equal bytes, since JSON is canonical (RFC
 * 8785).
 *
 * @throws OrderchartError `invalidArgument` if an attribute is invalid, or the id is not valid for a
 * message (printable ASCII without white space, at most 200 characters).
 *
 * @example
 * const message = cloudEventMessage({
 *   id: notice.id,
 *   source: '/payments',
 *   type: 'com.example.captured',
 *   extensions: {},
 *   data: { orderId, amount: 1050 },
 * });
 */
export function cloudEventMessage(
  event: CloudEvent,
  { mode = 'binary', key = '', sequence }: CloudEventMessageOptions = {},
): TransportMessage {
  const { id, type } = event;
  if (!messageIdForm.test(id)) throw unfitId();
  const attributes = attributesOf(event);
  checkOutgoing(attributes);
  const { headers, body } =
    mode === 'binary' ? binary(attributes, event.data) : structured(attributes, event.data);
  return { id, key, type, sequence, headers, body };
}

function attributesOf(event: CloudEvent): Map<string, string> {
  const { id, source, type, extensions, data } = event;
  const attributes = new Map<string, string>([
    ['id', id],
    ['source', source],
    ['type', type],
  ]);
  for (const name of optionalNames) {
    const value = event[name];
    if (value !== undefined) attributes.set(name, value);
  }
  const isJson = data !== undefined && !(data instanceof Uint8Array);
  const contentType = event.datacontenttype ?? (isJson ? 'application/json' : undefined);
  if (contentType !== undefined) attributes.set('datacontenttype', contentType);
  for (const [name, value] of Object.entries(extensions)) {
    if (!isExtensionName(name)) throw unfitName(name);
    attributes.set(name, value);
  }
  return attributes;
}

type Content = Pick<TransportMessage, 'headers' | 'body'>;

function binary(attributes: Attributes, data: CloudEvent['data']): Content {
  const headers: Record<string, string> = { 'ce-specversion': '1.0' };
  for (const [name, value] of attributes) {
    // A content type is printable ASCII already, and its quotes are part of it.
    if (name === 'datacontenttype') headers['content-type'] = value;
    else headers[`ce-${name}`] = encodeHeaderText(value);
  }
  return { headers, body: bytesOf(data) };
}

function structured(attributes: Attributes, data: CloudEvent['data']): Content {
  const envelope: Record<string, JsonValue> = {
    specversion: '1.0',
    ...Object.fromEntries(attributes),
  };
  if (data instanceof Uint8Array) envelope['data_base64'] = Buffer.from(data).toString('base64');
  else if (data !== undefined) envelope['data'] = data;
  return { headers: { 'content-type': structuredType }, body: bytesOf(envelope) };
}

const encoder = new TextEncoder();

function bytesOf(data: CloudEvent['data']): Uint8Array {
  if (data === undefined) return new Uint8Array(0);
  return data instanceof Uint8Array ? data : encoder.encode(canonicalJson(data));
}

/**
 * Decodes a message as an event, in either mode.
 *
 * @throws OrderchartError `messageTooLarge`; `messageInvalid` if it is not a CloudEvent 1.0, or its JSON
 * exceeds the {@link MessageLimits}.
 */
export function parseCloudEvent(
  { headers, body }: Pick<TransportMessage, 'headers' | 'body'>,
  limits: MessageLimits = {},
): CloudEvent {
  checkBodySize(body, limits);
  const contentType = headers['content-type'];
  return contentType !== undefined && anyStructuredType.test(contentType)
    ? parseStructured(contentType, body, limits)
    : parseBinary(headers, body, limits);
}

function parseBinary(
  headers: TransportMessage['headers'],
  body: Uint8Array,
  limits: MessageLimits,
): CloudEvent {
  const attributes = new Map<string, string>();
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith('ce-')) continue;
    const text = decodeHeaderText(value);
    if (text === undefined) {
      throw messageInvalid(`The header '${shortened(header)}' is not percent-encoded UTF-8.`);
    }
    attributes.set(header.slice('ce-'.length), text);
  }
  const contentType = headers['content-type'];
  if (contentType !== undefined) attributes.set('datacontenttype', contentType);
  return eventOf(attributes, () => {
    if (body.byteLength === 0) return undefined;
    return isJson(contentType) ? jsonOf(body, limits) : body;
  });
}

function parseStructured(contentType: string, body: Uint8Array, limits: MessageLimits): CloudEvent {
  if (!/^application\/cloudevents\+json\s*(;|$)/i.test(contentType)) {
    throw messageInvalid('The event travels in a format other than JSON, or in a batch.');
  }
  const envelope = jsonOf(body, limits);
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) {
    throw messageInvalid('The body of the message is not a JSON object.');
  }
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(envelope)) {
    // Null means absent (JSON format, section 2.2).
    if (name === 'data' || name === 'data_base64' || value === null) continue;
    attributes.set(name, attributeText(name, value));
  }
  return eventOf(attributes, () => structuredData(envelope as Envelope, attributes, limits));
}

type Envelope = Readonly<Record<string, JsonValue>>;

/** Only integers and booleans have a text form (section 3.1). */
function attributeText(name: string, value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return `${value}`;
  throw messageInvalid(`The attribute '${shortened(name)}' of the event is not a text.`);
}

function structuredData(
  envelope: Envelope,
  attributes: Attributes,
  limits: MessageLimits,
): CloudEvent['data'] {
  const { data, data_base64: encoded } = envelope;
  if (encoded === undefined || encoded === null) return data;
  if (typeof encoded !== 'string' || data !== undefined) {
    throw messageInvalid("The event's 'data_base64' is not a text, or there is 'data' as well.");
  }
  const bytes = new Uint8Array(Buffer.from(encoded, 'base64'));
  const contentType = attributes.get('datacontenttype');
  return contentType !== undefined && isJson(contentType) ? jsonOf(bytes, limits) : bytes;
}

function isJson(contentType: string | undefined): boolean {
  return contentType === undefined || jsonType.test(contentType);
}

function eventOf(attributes: Attributes, readData: () => CloudEvent['data']): CloudEvent {
  if (attributes.get('specversion') !== '1.0') {
    throw messageInvalid('The message is not a CloudEvent of version 1.0.');
  }
  checkIncoming(attributes);
  const extensions: Record<string, string> = {};
  for (const [name, value] of attributes) if (isExtensionName(name)) extensions[name] = value;
  return {
    // checkIncoming guarantees these three.
    id: attributes.get('id') as string,
    source: attributes.get('source') as string,
    type: attributes.get('type') as string,
    subject: attributes.get('subject'),
    time: attributes.get('time'),
    datacontenttype: attributes.get('datacontenttype'),
    dataschema: attributes.get('dataschema'),
    extensions,
    data: readData(),
  };
}

function unfitId(): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    'The id of an event that is sent must be printable ASCII without white space, at most 200 characters.',
  );
}

function unfitName(name: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `The extension '${shortened(name)}' has a name that is taken, or not made of lower-case letters and digits.`,
  );
}
