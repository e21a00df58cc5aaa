const mustEncode = /[^\x21\x23\x24\x26-\x7e]/;
const runsToEncode = /[^\x21\x23\x24\x26-\x7e]+/gu;
const isPrintable = /^[\x20-\x7e]*$/;

/**
 * A text as the value of a header: spaces, double quotes, percent signs and whatever is not
 * printable ASCII are percent-encoded (CloudEvents 1.0, HTTP binding, section 3.1.3.2).
 *
 * @param text Well-formed.
 */
export function encodeHeaderText(text: string): string {
  if (!mustEncode.test(text)) return text;
  // JSON in a header is full of quotes; calling back for each would cost more than the rest of it.
  if (isPrintable.test(text)) {
    return text.replaceAll('%', '%25').replaceAll(' ', '%20').replaceAll('"', '%22');
  }
  return text.replace(runsToEncode, encodeURIComponent);
}

const quotedText = /^"((?:[^"\\]|\\.)*)"$/;

/**
 * The text of a header's value: one round of percent-decoding, after the quoting of older
 * versions of the binding was taken away. `undefined` when it is not the encoding of any text.
 */
export function decodeHeaderText(value: string): string | undefined {
  const bare = value.startsWith('"') ? quotedText.exec(value)?.[1]?.replace(/\\(.)/g, '$1') : value;
  if (bare === undefined) return undefined;
  if (!bare.includes('%')) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    // Bytes that are not UTF-8, overlong ones too, or a percent sign that encodes nothing.
    return undefined;
  }
}
