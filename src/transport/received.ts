// The form that the port promises, made of values that other programs may have sent.

/** A header value as printable ASCII, percent-encoded as in the CloudEvents binding to HTTP. */
export function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}

/** Bytes as a plain `Uint8Array`: a Buffer behaves otherwise in `JSON.stringify` and `slice`. */
export function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
