import type { CommandIdentity, CommandRecord, TransactionStore } from '../../store/store.ts';
import type { ExecuteResult } from '../contract/results.ts';
import { idempotencyMismatch } from '../kernel/failures.ts';
import { parseOutcome, replayedResult } from './outcome.ts';

/** The methods for replaying a stored answer, of a store or a transaction. */
export type AnswerStore = Pick<TransactionStore, 'findCommands' | 'history'>;

/** Returns the stored answer to the command of this identity, if there is one. */
export async function storedAnswer(
  store: AnswerStore,
  identity: CommandIdentity | undefined,
): Promise<CommandRecord | undefined> {
  if (identity === undefined) return undefined;
  const [record] = await store.findCommands([identity]);
  return record;
}

/** Replays a stored answer. Throws `idempotencyMismatch` when it answers another command. */
export async function answerAgain(
  store: AnswerStore,
  record: CommandRecord,
  fingerprint: string,
): Promise<ExecuteResult> {
  if (record.fingerprint !== fingerprint) throw idempotencyMismatch();
  const outcome = parseOutcome(record);
  const { tenantId, orderId } = record;
  const count = outcome.status === 'accepted' ? outcome.to - outcome.from : 0;
  const events =
    outcome.status === 'accepted' && count > 0
      ? await store.history({ tenantId, orderId }, outcome.from, count)
      : [];
  return replayedResult(record, outcome, events);
}
