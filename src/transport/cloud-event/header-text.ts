const mustEncode = /[^\x21\x23\x24\x26-\x7e]+/gu;

/**
 * A text as the value of a header: spaces, double quotes, percent signs and whatever is not
 * printable ASCII are percent-encoded (CloudEvents 1.0, HTTP binding, section 3.1.3.2).
 *
 * @param text Well-formed.
 */
export function encodeHeaderText(text: string): string {
  return text.replace(mustEncode, encodeURIComponent);
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
