import type { OrderEvent } from '../../../order/envelope.ts';

/** One event on its way through a handler. */
export interface LaneItem {
  readonly position: number;
  readonly event: OrderEvent;
  /** Whether it comes from the parking lot: its position is behind the checkpoint already. */
  readonly isFromParking: boolean;
  attempts: number;
  /** What the handler returned, once it did; executing it may take further attempts. */
  commands: readonly unknown[] | undefined;
  nextCommand: number;
  /** Why the handler gave up for good; parking it may take further attempts. */
  refusal: string | undefined;
  /** Why the last attempt failed, when it may pass. */
  failure: string | null;
  /** How often somebody had asked to have it tried again when it was taken back. */
  readonly requeues: number;
  /** It is tried before its turn, to find out whether the handler works for anybody. */
  isAhead: boolean;
  /** How many events the subscription had handled when the present attempt began... */
  handledBefore: number;
  /** ...and when the attempt before failed. */
  handledAtFailure: number | undefined;
  /** It has failed although others were handled: waiting for it would hold them up for nothing. */
  failsAlone: boolean;
}

export function laneItem(
  position: number,
  event: OrderEvent,
  rest: Partial<Pick<LaneItem, 'isFromParking' | 'requeues' | 'attempts' | 'isAhead'>> = {},
): LaneItem {
  return {
    position,
    event,
    isFromParking: false,
    attempts: 0,
    commands: undefined,
    nextCommand: 0,
    refusal: undefined,
    failure: null,
    requeues: 0,
    isAhead: false,
    handledBefore: 0,
    handledAtFailure: undefined,
    failsAlone: false,
    ...rest,
  };
}

/** What a handler returned, as a list. */
export function commandsOf(answer: unknown): readonly unknown[] {
  if (answer === undefined || answer === null) return [];
  return Array.isArray(answer) ? answer : [answer];
}
