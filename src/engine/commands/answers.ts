import type { CommandIdentity, CommandRecord, TransactionStore } from '../../store/store.ts';
import type { ExecuteResult } from '../contract/results.ts';
import { idempotencyMismatch } from '../kernel/failures.ts';
import { parseOutcome, replayedResult } from './outcome.ts';

/** What is needed to give a stored answer again; the store has it, and so has a transaction. */
export type AnswerStore = Pick<TransactionStore, 'findCommands' | 'history'>;

/** The stored answer to the command of this identity, if there is one. */
export async function storedAnswer(
  store: AnswerStore,
  identity: CommandIdentity | undefined,
): Promise<CommandRecord | undefined> {
  if (identity === undefined) return undefined;
  const [record] = await store.findCommands([identity]);
  return record;
}

/** Gives a stored answer again. Throws `idempotencyMismatch` when it is to another command. */
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
