import { afterAll, beforeAll } from 'vitest';
import type { PrivateServer } from '../../private-server.ts';
import { describeProgram } from '../../services.ts';
import { outageCases } from '../outage.ts';
import { natsPlace, natsServer } from './server.ts';

describeProgram('nats-server', (path) => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await natsServer(path);
    await server.start();
  });
  afterAll(() => server.remove());

  outageCases({
    protocol: 'nats',
    server: () => server,
    place: () => natsPlace(`nats://127.0.0.1:${server.port}`),
  });
});
