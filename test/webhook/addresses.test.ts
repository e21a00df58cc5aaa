import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isOrderchartError } from 'orderchart';
import { createWebhookTransport } from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { addressPolicy, isPublic } from '../../src/webhook/addresses.ts';
import { codeOf, openTransport, receivingServer, secret, told } from './kit.ts';

/** A resolver that knows one name, and may answer otherwise the next time. */
function resolverOf(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    const found: LookupAddress[] = addresses.map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
  return { lookup, asked };
}

describe('addresses that no webhook goes to', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['loopback', '::1'],
    ['this host', '0.0.0.0'],
    ['this host', '::'],
    ['private', '10.1.2.3'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['shared by carriers', '100.64.0.1'],
    ['shared by carriers', '100.127.255.255'],
    ['link-local', '169.254.0.1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['metadata of clouds', '169.254.169.254'],
    ['metadata of clouds', 'fd00:ec2::254'],
    ['metadata of clouds', '100.100.100.200'],
    ['metadata of clouds', '192.0.0.192'],
    ['metadata of clouds', '168.63.129.16'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fdff:ffff::1'],
    ['site-local, of old', 'fec0::1'],
    ['IPv4 within IPv6', '::ffff:127.0.0.1'],
    ['IPv4 within IPv6', '::ffff:7f00:1'],
    ['IPv4 within IPv6', '::ffff:a9fe:a9fe'],
    ['IPv4 within IPv6, of old', '::127.0.0.1'],
    ['NAT64', '64:ff9b::127.0.0.1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['NAT64', '64:ff9b::'],
    ['NAT64 of a network', '64:ff9b:1::808:808'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:7f00:1::'],
    ['documentation', '203.0.113.7'],
    ['documentation', '2001:db8::1'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['multicast', 'ff02::1'],
    ['broadcast', '255.255.255.255'],
    ['no address', 'localhost'],
    ['no address', ''],
  ])('%s: %s', (_, address) => {
    expect(addressPolicy([])(address)).toBe(false);
  });

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111'])(
    'but it goes to %s',
    (address) => {
      expect(addressPolicy([])(address)).toBe(true);
      expect(isPublic(`${address}`)).toBe(true);
    },
  );

  it('and to public ones that are wrapped', () => {
    expect(addressPolicy([])('::ffff:8.8.8.8')).toBe(true);
    expect(addressPolicy([])('64:ff9b::808:808')).toBe(true);
  });
});

describe('addresses that a host allows', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', true],
    ['10.0.0.0/16', '10.1.0.1', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['127.0.0.0/8', '::ffff:127.0.0.1', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fc12::1', false],
    ['::1', '::1', true],
  ])('with %s, %s: %s', (subnet, address, expected) => {
    expect(addressPolicy([subnet])(address)).toBe(expected);
  });

  it('any, when a host says so', () => {
    expect(addressPolicy('any')('127.0.0.1')).toBe(true);
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/', 'localhost', ''])(
    'and %j is none',
    (subnet) => {
      const make = () =>
        createWebhookTransport({
          url: 'https://shop.example',
          secrets: [secret],
          allowedAddresses: [subnet],
        });
      expect(codeOf(make)).toBe('invalidArgument');
    },
  );
});

describe('a URL that names a private address', () => {
  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://①27.0.0.1/',
  ])('%s is refused at the start', (url) => {
    const make = () => createWebhookTransport({ url, secrets: [secret] });
    expect(make).toThrow(/public address/);
    expect(codeOf(make)).toBe('invalidArgument');
  });
});

describe('a name that resolves to a private address', () => {
  it.each([[['127.0.0.1']], [['::ffff:127.0.0.1']], [['10.0.0.1', '::1']], [[]]])(
    'is not connected to: %j',
    async (addresses) => {
      const { lookup, asked } = resolverOf(addresses);
      const { publish } = await openTransport({
        url: 'https://shop.example/hooks',
        allowedAddresses: [],
        lookup,
      });
      const result = await publish();
      expect(told(result)).toContain('shop.example has no public address');
      expect(
        result.status === 'failed' && isOrderchartError(result.error, 'transportRefused'),
      ).toBe(true);
      expect(asked).toEqual(['shop.example']);
    },
  );

  it('is not connected to when it resolves to another one the second time', async () => {
    const { port, connections } = await receivingServer();
    // Whoever would resolve once to check, and again to connect, would be led to this machine.
    const { lookup, asked } = resolverOf(['192.0.2.1'], ['127.0.0.1']);
    const { publish } = await openTransport({
      url: `http://shop.example:${port}`,
      allowedAddresses: ['192.0.2.0/24'],
      connectTimeoutMs: 200,
      lookup,
    });
    expect(told(await publish())).toMatch(/^failed/);
    expect(asked).toHaveLength(1);
    expect(told(await publish())).toContain('no public address');
    expect(connections).toHaveLength(0);
  });

  it('is connected to by those of its addresses that are allowed', async () => {
    const { port, received } = await receivingServer();
    const { lookup } = resolverOf(['10.0.0.1', '127.0.0.1']);
    const { publish } = await openTransport({
      url: `http://shop.example:${port}`,
      allowedAddresses: ['127.0.0.0/8'],
      lookup,
    });
    expect(await publish()).toEqual({ status: 'published' });
    expect(received[0]?.headers['host']).toEqual([`shop.example:${port}`]);
  });

  it('is not connected to by the name of this machine', async () => {
    const { port, connections } = await receivingServer();
    const { publish } = await openTransport({
      url: `http://localhost:${port}`,
      allowedAddresses: [],
    });
    expect(told(await publish())).toContain('no public address');
    expect(connections).toHaveLength(0);
  });

  it('is a failure like another when the resolver knows nothing', async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) => {
      callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), []);
    };
    const { publish } = await openTransport({ url: 'https://shop.example', lookup });
    const result = await publish();
    expect(told(result)).toContain('ENOTFOUND');
    expect(
      result.status === 'failed' && isOrderchartError(result.error, 'transportUnavailable'),
    ).toBe(true);
  });
});
