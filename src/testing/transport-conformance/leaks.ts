/** Repeated in a body. Its length is a multiple of three bytes, so that its base64 repeats, too. */
const marker = 'cvv"4711\\u00e9/secret';

/** A body of which {@link leakOf} recognizes every part, in any encoding. */
export function discreetBody(length = 900): Uint8Array {
  const unit = Buffer.from(marker.padEnd(21, '!'));
  return Uint8Array.from({ length }, (_, index) => unit[index % unit.length] ?? 0);
}

/** Returns the form in which `text` contains the secret, or `undefined` if it does not. */
export function leakOf(text: string, secret: string = marker): string | undefined {
  const lower = text.toLowerCase();
  // Lists of numbers are printed in columns.
  const dense = lower.replaceAll(/\s+/g, '');
  const found = formsOf(Buffer.from(secret)).find(([, form]) => {
    const sought = form.toLowerCase();
    return lower.includes(sought) || dense.includes(sought);
  });
  return found?.[0];
}

/** The forms in which bytes get into a log: raw, escaped, and in the common encodings. */
function formsOf(bytes: Buffer): readonly (readonly [string, string])[] {
  const text = bytes.toString();
  const hex = bytes.toString('hex');
  return [
    ['text', text],
    ['JSON', JSON.stringify(text).slice(1, -1)],
    ['JSON in JSON', JSON.stringify(JSON.stringify(text)).slice(3, -3)],
    ['a percent-encoding', encodeURIComponent(text)],
    ['hexadecimal digits', hex],
    ['the bytes of a Buffer', hex.replace(/(..)(?=.)/g, '$1 ')],
    ['bytes by their index', [...bytes].map((byte, index) => `"${index}":${byte}`).join(',')],
    ['a list of bytes', bytes.join(',')],
    ...[0, 1, 2].flatMap((offset): (readonly [string, string])[] => [
      ['base64', innerBase64(bytes, offset, 'base64')],
      ['base64url', innerBase64(bytes, offset, 'base64url')],
    ]),
  ];
}

/** The base64 digits that do not depend on the bytes before and after. */
function innerBase64(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const digits = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  return digits.slice(Math.ceil((offset * 8) / 6), end);
}
