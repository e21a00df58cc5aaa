import { isOrderchartError, OrderchartError } from '../errors.ts';

/** Codes of Node and OpenSSL for a certificate that is not trusted. */
const certificateCode = /CERT|ALTNAME|SIGNATURE/;

/**
 * Wraps a network failure. The message contains the endpoint's name and the system's code, but no
 * URL, which may contain secrets.
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
    `The webhook's receiver ${endpoint} cannot be reached, or closed the connection: ${what}.`,
    { details, cause: error },
  );
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
