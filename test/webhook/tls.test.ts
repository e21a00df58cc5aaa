import { createServer } from 'node:https';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { certificateFor } from './certificate.ts';
import { listen, openTransport, told } from './kit.ts';

const certificate = certificateFor('shop.example');

async function secureServer() {
  const requests: string[] = [];
  const server = createServer(certificate, (request, response) => {
    requests.push(`${request.headers.host}`);
    request.resume().on('end', () => response.end());
  });
  const port = await listen(server as never);
  return { port, requests };
}

/** Every name is this machine. */
const lookup: LookupFunction = (_hostname, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }]);

describe('over TLS', () => {
  it('a message goes to a receiver whose certificate is trusted', async () => {
    const { port, requests } = await secureServer();
    const { publish } = await openTransport({
      url: `https://shop.example:${port}`,
      allowHttp: false,
      lookup,
      tls: { ca: certificate.cert },
    });
    expect(await publish()).toEqual({ status: 'published' });
    expect(await publish()).toEqual({ status: 'published' });
    expect(requests).toEqual([`shop.example:${port}`, `shop.example:${port}`]);
  });

  it.each([
    ['a certificate of nobody we know', 'shop.example', undefined],
    ['the certificate of another host', 'elsewhere.example', certificate.cert],
  ])('%s is refused', async (_, host, ca) => {
    const { port, requests } = await secureServer();
    const { publish } = await openTransport({
      url: `https://${host}:${port}`,
      lookup,
      tls: ca === undefined ? {} : { ca },
    });
    const result = await publish();
    expect(result).toMatchObject({ status: 'failed', error: { code: 'transportRefused' } });
    expect(told(result)).toContain('certificate');
    expect(requests).toEqual([]);
  });
});
