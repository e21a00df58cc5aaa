import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Limits of {@link openConnections}. */
export interface ConnectionLimits {
  /** The most idle connections, over all receivers. */
  readonly maximumIdleConnections: number;
  /** How long an idle connection is kept, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/** Keeps connections open between requests. */
export interface Connections {
  agentFor(url: URL): HttpAgent;
  close(): void;
}

export function openConnections(limits: ConnectionLimits): Connections {
  const { maximumIdleConnections, idleTimeoutMs } = limits;
  // The limits of an agent are per host, and there may be many hosts, so the total is counted here.
  const options = { keepAlive: true, timeout: idleTimeoutMs, maxFreeSockets: 256 };
  const agents = [new HttpAgent(options), new HttpsAgent(options)] as const;
  const [http, https] = agents;
  for (const agent of agents) {
    const keep = agent.keepSocketAlive.bind(agent);
    agent.keepSocketAlive = (socket) =>
      sizeOf(http.freeSockets) + sizeOf(https.freeSockets) < maximumIdleConnections &&
      Boolean(keep(socket));
  }
  return {
    agentFor: (url) => (url.protocol === 'https:' ? https : http),
    close: () => {
      for (const agent of agents) agent.destroy();
    },
  };
}

function sizeOf(sockets: NodeJS.ReadOnlyDict<readonly unknown[]>): number {
  return Object.values(sockets).reduce((size, list) => size + (list?.length ?? 0), 0);
}
