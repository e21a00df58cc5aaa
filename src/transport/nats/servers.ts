import { invalidOption } from '../../options.ts';

/** The credentials from the options or the URL. */
export interface Credentials {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
}

/** The addresses of the servers without secrets, and the credentials. */
export interface Servers {
  readonly url: readonly string[];
  readonly credentials: Credentials;
  readonly tls: boolean;
}

interface Given extends Credentials {
  readonly url: readonly string[] | undefined;
}

/**
 * Separates the credentials from the addresses: the client does not read them from there, and
 * addresses appear in logs.
 */
export function readServers(given: Given, factory: string): Servers {
  const urls = (given.url ?? []).map((text) => parse(text, factory));
  const fromUrl = urls.map(credentialsOf).find(({ user, token }) => user ?? token);
  const { user = fromUrl?.user, password = fromUrl?.password, token = fromUrl?.token } = given;
  return {
    url: urls.map(({ host, port }) => (port === '' ? `${host}:4222` : host)),
    credentials: { user, password, token },
    tls: urls.some(({ protocol }) => protocol === 'tls:'),
  };
}

function parse(text: unknown, factory: string): URL {
  const address = typeof text === 'string' && !text.includes('://') ? `nats://${text}` : text;
  // The error of `new URL` contains the whole text, including a password.
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^(nats|tls):$/.test(url.protocol) || url.hostname === '') {
    const form = 'must have the form `nats://host:4222` or `tls://host:4222`';
    throw invalidOption(factory, 'url', form);
  }
  return url;
}

/** A user name without a password is a token, as in other clients of NATS. */
function credentialsOf({ username, password }: URL): Credentials {
  const name = username === '' ? undefined : decodeURIComponent(username);
  if (password === '') return { user: undefined, password: undefined, token: name };
  return { user: name, password: decodeURIComponent(password), token: undefined };
}
