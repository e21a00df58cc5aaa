import type { OrderchartError } from '../../errors.ts';

/** Who we are, by one of the ways of the options. */
export interface Credentials {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
}

/** Where the servers are, without secrets, and who we are to them. */
export interface Servers {
  readonly url: readonly string[];
  readonly credentials: Credentials;
  readonly tls: boolean;
}

interface Given extends Partial<Credentials> {
  readonly url: string | readonly string[];
}

type Invalid = (option: string, text: string) => OrderchartError;

/**
 * Takes addresses apart: the client does not look for credentials in them, and nothing that is
 * logged later may hold any.
 */
export function readServers(given: Given, invalid: Invalid): Servers {
  const texts = typeof given.url === 'string' ? [given.url] : given.url;
  if (!Array.isArray(texts) || texts.length === 0) {
    throw invalid('url', 'must be the address of a server, `nats://host:4222`, or several');
  }
  const urls = texts.map((text) => parse(text, invalid));
  const fromUrl = urls.map(credentialsOf).find(({ user, token }) => user ?? token);
  const { user = fromUrl?.user, password = fromUrl?.password, token = fromUrl?.token } = given;
  return {
    url: urls.map(({ host, port }) => (port === '' ? `${host}:4222` : host)),
    credentials: { user, password, token },
    tls: urls.some(({ protocol }) => protocol === 'tls:'),
  };
}

function parse(text: unknown, invalid: Invalid): URL {
  const address = typeof text === 'string' && !text.includes('://') ? `nats://${text}` : text;
  // The error of `new URL` holds the whole text, and with it a password.
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^(nats|tls):$/.test(url.protocol) || url.hostname === '') {
    throw invalid('url', 'must have the form `nats://host:4222` or `tls://host:4222`');
  }
  return url;
}

/** A lone name is a token, as in other clients of NATS. */
function credentialsOf({ username, password }: URL): Credentials {
  const name = username === '' ? undefined : decodeURIComponent(username);
  if (password === '') return { user: undefined, password: undefined, token: name };
  return { user: name, password: decodeURIComponent(password), token: undefined };
}
