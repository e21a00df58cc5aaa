import type { Answer } from './answer.ts';
import type { Incoming } from './incoming.ts';
import { brokeOff, notRaw } from './node-request.ts';
import type { Reading } from './reading.ts';

/** A `Request` of fetch, as used by Hono and the route handlers of web frameworks. */
export function fetchRequest(request: Request, address: string | undefined): Incoming {
  return {
    method: request.method,
    headers: request.headers,
    address,
    readBody: (reading) => readBody(request, reading),
  };
}

async function readBody(request: Request, reading: Reading): Promise<Uint8Array> {
  if (request.bodyUsed) throw notRaw();
  if (request.body === null) return new Uint8Array(0);
  const reader: BodyReader = request.body.getReader();
  try {
    return await Promise.race([readAll(reader, reading), reading.broken]);
  } catch (error) {
    // The rest is not needed.
    reader.cancel().catch(() => undefined);
    throw error;
  }
}

type BodyReader = ReadableStreamDefaultReader<Uint8Array>;

async function readAll(reader: BodyReader, reading: Reading): Promise<Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw brokeOff();
    });
    if (done) return reading.content();
    reading.append(value);
  }
}

export function fetchResponse({ status, headers, text }: Answer): Response {
  const type = text === '' ? {} : { 'content-type': 'text/plain' };
  return new Response(text === '' ? null : text, { status, headers: { ...headers, ...type } });
}
