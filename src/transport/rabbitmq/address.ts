/** The address of a broker, with credentials. */
export interface Address {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  /** `host:port/vhost`, for errors and logs. Contains no secret. */
  readonly place: string;
}

/**
 * Parses an AMQP URI (https://www.rabbitmq.com/docs/uri-spec). Returns `undefined` if it is not
 * one.
 */
export function readAddress(text: unknown): Address | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return addressOf(new URL(text));
  } catch {
    // Not a URL, or an invalid percent-encoding.
    return undefined;
  }
}

function addressOf(url: URL): Address | undefined {
  const protocol = url.protocol.slice(0, -1);
  if ((protocol !== 'amqp' && protocol !== 'amqps') || url.hostname === '') return undefined;
  const isAnonymous = url.username === '' && url.password === '';
  const port = url.port === '' ? (protocol === 'amqp' ? 5672 : 5671) : Number(url.port);
  const vhost = url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : '/';
  return {
    protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    // As the specification says. A new broker accepts them from its own machine.
    username: isAnonymous ? 'guest' : decodeURIComponent(url.username),
    password: isAnonymous ? 'guest' : decodeURIComponent(url.password),
    vhost,
    place: `${url.hostname}:${port}${vhost === '/' ? '' : `/${vhost}`}`,
  };
}
