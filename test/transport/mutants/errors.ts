import { OrderchartError } from '../../../src/errors.ts';
import type { PublishResult, TransportMessage } from '../../../src/transport/transport.ts';
import { secret, unavailable } from '../reference.ts';
import { answering, consuming, type TransportMutant } from './mutant.ts';

const refusalCase = 'the reason of a refusal contains no part of the body, in any encoding';
const publishCase = 'errors of publishing contain no part of the body, in any encoding';
const consumeCase = 'errors of consuming contain no part of a body, in any encoding';
const cutCase = 'errors caused by a cut connection contain no part of the body';

const bodyOf = (message: TransportMessage | undefined) => Buffer.from(message?.body ?? []);

/** Changes the reason of a refusal. */
function refusing(name: string, reasonOf: (body: Buffer) => string): TransportMutant {
  return answering(name, refusalCase, (results, messages) =>
    results.map((result, index) =>
      result.status === 'refused'
        ? { status: 'refused', reason: `Too large: ${reasonOf(bodyOf(messages[index]))}` }
        : result,
    ),
  );
}

/** Changes the error of what failed. */
function failing(
  name: string,
  killedBy: string,
  errorOf: (body: Buffer) => unknown,
): TransportMutant {
  return answering(name, killedBy, (results, messages) =>
    results.map(
      (result, index): PublishResult =>
        result.status === 'failed'
          ? { status: 'failed', error: errorOf(bodyOf(messages[index])) }
          : result,
    ),
  );
}

/** Changes what a consumer hears of while the connection is lost. */
function hearing(
  name: string,
  killedBy: string,
  errorOf: (body: Buffer) => unknown,
): TransportMutant {
  return consuming(name, killedBy, (consume, options) => {
    let last: TransportMessage | undefined;
    return consume({
      ...options,
      deliver: (delivery) => {
        last = delivery.message;
        options.deliver(delivery);
      },
      onError: () => options.onError(errorOf(bodyOf(last))),
    });
  });
}

const withDetails = (details: object) => Object.assign(unavailable(), details);
const passwordUrl = `amqp://shop:${encodeURIComponent(secret)}@localhost`;

const loginHeader = Buffer.from(`shop:${secret}`).toString('base64');

/** Faults in what errors tell. */
export const errorMutants: readonly TransportMutant[] = [
  refusing('a reason holds the beginning of the body', (body) => body.subarray(0, 64).toString()),
  refusing('a reason holds the body in base64', (body) => body.subarray(0, 90).toString('base64')),
  refusing('a reason holds the body in hexadecimal', (body) =>
    body.subarray(0, 64).toString('hex'),
  ),
  refusing('a reason holds the body as JSON', (body) => JSON.stringify({ body: `${body}` })),
  failing('an error holds the request as a Buffer', publishCase, (body) =>
    withDetails({ request: { packet: body } }),
  ),
  failing('an error holds the request as bytes', publishCase, (body) =>
    withDetails({ request: new Uint8Array(body) }),
  ),
  failing(
    'an error holds the packet, whose body is in base64 behind a header',
    publishCase,
    (body) =>
      new OrderchartError(
        'transportUnavailable',
        `Not sent: ${Buffer.concat([Buffer.from('PUB '), body]).toString('base64')}`,
      ),
  ),
  failing('the cause of a cut connection holds what was on its way', cutCase, (body) =>
    withDetails({ cause: new Error(`write failed: ${JSON.stringify(`${body}`)}`) }),
  ),
  hearing('`onError` is told the last message', consumeCase, (body) =>
    withDetails({ lastPacket: { payload: body } }),
  ),
  failing('an error of publishing holds the URL', 'errors of publishing contain no secret', () =>
    withDetails({ options: { url: passwordUrl } }),
  ),
  hearing('`onError` is told the options', 'errors of consuming contain no secret', () =>
    withDetails({ options: { authorization: loginHeader } }),
  ),
  consuming(
    'only the attempts to reconnect fail with an error that holds the options',
    'errors of consuming contain no secret',
    (consume, options) =>
      consume({
        ...options,
        onError: (error) => {
          options.onError(error);
          const failed = withDetails({ cause: Object.assign(new Error(), { auth: loginHeader }) });
          setTimeout(() => options.onError(failed), 200).unref();
        },
      }),
  ),
];
