import { afterAll, beforeAll } from 'vitest';
import type { PrivateServer } from '../../private-server.ts';
import { describeProgram } from '../../services.ts';
import { outageCases } from '../outage.ts';
import { redisPlace, redisServer } from './server.ts';

describeProgram('redis-server', (path) => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await redisServer(path);
    await server.start();
  });
  afterAll(() => server.remove());

  outageCases({
    protocol: 'redis',
    server: () => server,
    place: () => redisPlace(`redis://127.0.0.1:${server.port}`),
  });
});
