import { isOrderchartError, OrderchartError } from '../errors.ts';

/** Codes of Node and OpenSSL that say: the receiver is not who it should be. */
const certificateCode = /CERT|ALTNAME|SIGNATURE/;

/**
 * What went wrong on the way to a receiver. The message names the endpoint and the system's code;
 * URLs stay out of it, for they may hold secrets.
 */
export function toTransportError(error: unknown, endpoint: string): OrderchartError {
  if (isOrderchartError(error)) return error;
  const code = codeOf(error);
  const details = { endpoint, ...(code === undefined ? {} : { code }) };
  if (code !== undefined && certificateCode.test(code)) {
    return new OrderchartError(
      'transportRefused',
      `The certificate of the webhook's receiver ${endpoint} is not trusted (${code}).`,
      { details, cause: error },
    );
  }
  const what = code ?? (error instanceof Error ? error.message : 'an unknown failure');
  return new OrderchartError(
    'transportUnavailable',
    `The webhook's receiver ${endpoint} cannot be reached, or broke off: ${what}.`,
    { details, cause: error },
  );
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
