import { generateKeyPairSync, sign } from 'node:crypto';

// A certificate made for one test, so that no private key is kept in the repository. Only what TLS
// asks for (X.509, RFC 5280), in DER.

function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const header = length < 128 ? [tag, length] : [tag, 0x82, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}

const sequence = (...items: readonly Uint8Array[]) => tlv(0x30, ...items);
const objectId = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const bitString = (bytes: Uint8Array) => tlv(0x03, Buffer.from([0]), bytes);
const time = (text: string) => tlv(0x18, Buffer.from(text));

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const commonName = (text: string) =>
  sequence(tlv(0x31, sequence(objectId('550403'), tlv(0x0c, Buffer.from(text)))));
/** Subject alternative name: one DNS name. */
const alternativeName = (name: string) =>
  sequence(objectId('551d11'), tlv(0x04, sequence(tlv(0x82, Buffer.from(name)))));

/** A certificate that signs itself, for one host name, valid for a century. */
export function certificateFor(name: string): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    commonName(name),
    sequence(time('20200101000000Z'), time('21200101000000Z')),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(alternativeName(name))),
  );
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, ecdsaWithSha256, bitString(signature)).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
