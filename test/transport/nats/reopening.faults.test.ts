import { afterEach, beforeEach, expect, it } from 'vitest';
import { messageOf } from '../../../src/testing/transport-conformance/given.ts';
import { eventually } from '../../eventually.ts';
import type { PrivateServer } from '../../private-server.ts';
import { describeProgram } from '../../services.ts';
import { natsPlace, natsServer } from './server.ts';

const maximumPayload = 4_194_304;

describeProgram('nats-server', (path) => {
  let server: PrivateServer;
  beforeEach(async () => {
    server = await natsServer(path, { lines: [`max_payload: ${maximumPayload}`] });
  });
  afterEach(() => server.remove());

  it('opens when it is tried again and the server is there', async () => {
    const place = natsPlace(`nats://127.0.0.1:${server.port}`);
    const transport = place.transport();
    await expect(transport.open()).rejects.toMatchObject({ code: 'transportUnavailable' });
    await server.start();
    await transport.open();
    expect(await transport.publish([messageOf(1)])).toEqual([{ status: 'published' }]);
    await transport.close();
    await expect(transport.open()).rejects.toMatchObject({ code: 'transportClosed' });
    await place.remove();
  });

  it('opens when it is tried again and the stream is what it must be', async () => {
    await server.start();
    const place = natsPlace(`nats://127.0.0.1:${server.port}`);
    const { streams } = await place.manager();
    // Not ours: another stream has the subject.
    await streams.add({ name: `${place.name}-other`, subjects: [`${place.name}.>`] });
    const transport = place.transport();
    await expect(transport.open()).rejects.toMatchObject({ code: 'transportRefused' });
    await streams.delete(`${place.name}-other`);
    await transport.open();
    expect(await transport.publish([messageOf(1)])).toEqual([{ status: 'published' }]);
    await transport.close();
    await place.remove();
  });

  it('refuses nothing for its size, while the server is away, that the server takes', async () => {
    await server.start();
    const place = natsPlace(`nats://127.0.0.1:${server.port}`);
    const transport = place.transport();
    await transport.open();
    const { maximumBodyBytes } = transport.features;
    expect(maximumBodyBytes).toBe(maximumPayload - 65_536);
    const large = { ...messageOf(1), body: new Uint8Array(maximumBodyBytes) };
    await server.stop();
    await eventually('the loss is noticed', async () => {
      const [result] = await transport.publish([messageOf(2)]);
      return result?.status === 'failed';
    });
    expect(transport.features.maximumBodyBytes).toBe(maximumBodyBytes);
    expect(await transport.publish([large])).toMatchObject([{ status: 'failed' }]);
    await transport.close();
    expect(transport.features.maximumBodyBytes).toBe(maximumBodyBytes);
  });
});
