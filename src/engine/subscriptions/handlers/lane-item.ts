import type { OrderEvent } from '../../../order/envelope.ts';

/** An event on its way through a handler. */
export interface LaneItem {
  readonly position: number;
  readonly event: OrderEvent;
  /** Whether it comes from the parking lot: its position is behind the checkpoint already. */
  readonly isFromParking: boolean;
  attempts: number;
  /** The commands that the handler returned, if it has; executing them may take further attempts. */
  commands: readonly unknown[] | undefined;
  nextCommand: number;
  /** Why the handler refused it permanently; parking it may take further attempts. */
  refusal: string | undefined;
  /** Why the last attempt failed, if another one may succeed. */
  failure: string | null;
  /** How many retries had been requested when it was read from the parking lot. */
  readonly requeues: number;
  /** Whether it is tried before its turn, to find out whether the handler works for any order. */
  isAhead: boolean;
  /** How many events the subscription had handled when the current attempt began... */
  handledBefore: number;
  /** ...and when the previous attempt failed. */
  handledAtFailure: number | undefined;
  /** Whether it failed although others were handled: waiting for it only delays them. */
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
