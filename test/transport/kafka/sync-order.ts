/**
 * The mock of librdkafka 2.0 regards a group as complete when its leader has told who gets what, and
 * refuses the members that ask for their part a moment later. So the leader's request waits here
 * for those of the others; a broker of Kafka does not mind in which order they come.
 */
export class SyncOrder {
  /** By group and generation: how many members have asked, and what the leader waits with. */
  readonly #groups = new Map<string, { asked: number; isEnough?: () => void }>();

  /** Lets a SyncGroup request (versions 0 to 3) through, when it is its turn. */
  pass(frame: Buffer, send: () => void): void {
    const { group, members } = read(frame);
    const state = this.#groups.get(group) ?? { asked: 0 };
    this.#groups.set(group, state);
    if (members === 0) {
      state.asked += 1;
      send();
      state.isEnough?.();
      return;
    }
    let isSent = false;
    const sendOnce = (): void => {
      if (!isSent) send();
      isSent = true;
    };
    state.isEnough = () => {
      if (state.asked >= members - 1) sendOnce();
    };
    state.isEnough();
    // A member that died does not ask.
    setTimeout(sendOnce, 1_000).unref();
  }
}

/** Group id, generation, member id, from version 3 on instance id, assignments (of the leader alone). */
function read(frame: Buffer): { group: string; members: number } {
  const version = frame.readInt16BE(6);
  const start = skipText(frame, 12);
  const afterGroup = skipText(frame, start);
  const group = frame.subarray(start, afterGroup + 4).toString('hex');
  let at = skipText(frame, afterGroup + 4);
  if (version >= 3) at = skipText(frame, at);
  return { group, members: frame.readInt32BE(at) };
}

/** A text is preceded by its length; -1 is none. */
export function skipText(frame: Buffer, at: number): number {
  return at + 2 + Math.max(0, frame.readInt16BE(at));
}
