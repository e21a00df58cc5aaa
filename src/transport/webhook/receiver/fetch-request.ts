import { tooLarge } from '../verifier.ts';
import type { Answer } from './answer.ts';
import type { BodyLimits, Incoming } from './incoming.ts';
import { brokeOff, notRaw, tooSlow } from './node-request.ts';

/** A request as fetch has it: of Hono, and of the route handlers of web frameworks. */
export function fetchRequest(request: Request): Incoming {
  return {
    method: request.method,
    headers: request.headers,
    readBody: (limits) => readBody(request, limits),
  };
}

async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  if (request.bodyUsed) throw notRaw();
  if (request.body === null) return new Uint8Array(0);
  const reader: BodyReader = request.body.getReader();
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow(limits)), limits.bodyTimeoutMs);
  try {
    return await Promise.race([readAll(reader, limits), timeout]);
  } catch (error) {
    // Nobody waits for the rest.
    reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

type BodyReader = ReadableStreamDefaultReader<Uint8Array>;

async function readAll(reader: BodyReader, { maximumBodyBytes }: BodyLimits): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw brokeOff();
    });
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
    size += value.length;
    if (size > maximumBodyBytes) throw tooLarge(maximumBodyBytes);
  }
}

export function fetchResponse({ status, headers, text }: Answer): Response {
  const type = text === '' ? {} : { 'content-type': 'text/plain' };
  return new Response(text === '' ? null : text, { status, headers: { ...headers, ...type } });
}
