/** Repeated in a body; a multiple of three bytes, so that its base64 repeats as well. */
const marker = 'cvv"4711\\u00e9/secret';

/** A body that is found again in whatever form a part of it is told. */
export function discreetBody(length = 900): Uint8Array {
  const unit = Buffer.from(marker.padEnd(21, '!'));
  return Uint8Array.from({ length }, (_, index) => unit[index % unit.length] ?? 0);
}

/** In which form `text` holds a text that it should not hold; `undefined` when it does not. */
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

/** How bytes get into a log: as they are, escaped, and in the encodings that people use. */
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

/** Those digits of base64 that do not depend on what stands before and after. */
function innerBase64(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const digits = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  return digits.slice(Math.ceil((offset * 8) / 6), end);
}
