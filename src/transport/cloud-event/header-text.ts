const mustEncode = /[^\x21\x23\x24\x26-\x7e]/;
const runsToEncode = /[^\x21\x23\x24\x26-\x7e]+/gu;
const isPrintable = /^[\x20-\x7e]*$/;

/**
 * Encodes a text as the value of a header: spaces, double quotes, percent signs and everything that
 * is not printable ASCII are percent-encoded (CloudEvents 1.0, HTTP binding, section 3.1.3.2).
 *
 * @param text Must be well-formed.
 */
export function encodeHeaderText(text: string): string {
  if (!mustEncode.test(text)) return text;
  // JSON contains many quotes, and a callback for each would cost more than everything else.
  if (isPrintable.test(text)) {
    return text.replaceAll('%', '%25').replaceAll(' ', '%20').replaceAll('"', '%22');
  }
  return text.replace(runsToEncode, encodeURIComponent);
}

const quotedText = /^"((?:[^"\\]|\\.)*)"$/;

/**
 * Decodes the value of a header: removes the quotes of older versions of the binding, then decodes
 * percent-encoding once. Returns `undefined` for an invalid encoding.
 */
export function decodeHeaderText(value: string): string | undefined {
  const bare = value.startsWith('"') ? quotedText.exec(value)?.[1]?.replace(/\\(.)/g, '$1') : value;
  if (bare === undefined) return undefined;
  if (!bare.includes('%')) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    // Bytes that are not UTF-8, including overlong ones, or an invalid percent-encoding.
    return undefined;
  }
}
