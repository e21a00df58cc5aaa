import type { Actor, TraceContext } from '../../order/envelope.ts';

/** What is known of a command that came in a message. */
export interface MessageOrigin {
  /** Makes it run once. */
  readonly key: string;
  readonly causationId: string;
  readonly trace: TraceContext | null;
  /** The rest is what the host says; it is not checked yet. */
  readonly tenantId?: string | undefined;
  readonly actor?: Actor | undefined;
  readonly correlationId?: string | undefined;
}
