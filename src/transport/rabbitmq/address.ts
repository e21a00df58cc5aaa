/** Where a broker is, and who we are there. */
export interface Address {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  /** For errors and logs: `host:port/vhost`, and nothing that is secret. */
  readonly place: string;
}

/** Reads an AMQP URI (https://www.rabbitmq.com/docs/uri-spec); `undefined` when it is none. */
export function readAddress(text: unknown): Address | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return addressOf(new URL(text));
  } catch {
    // Not a URL, or a percent sign that encodes nothing.
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
    // What the specification of the URI says, and a fresh broker accepts from its own machine.
    username: isAnonymous ? 'guest' : decodeURIComponent(url.username),
    password: isAnonymous ? 'guest' : decodeURIComponent(url.password),
    vhost,
    place: `${url.hostname}:${port}${vhost === '/' ? '' : `/${vhost}`}`,
  };
}
