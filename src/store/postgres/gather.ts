interface Asked<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends the requests of one turn of the event loop together: the sixteen partitions of a subscription
 * are read, renewed and checkpointed at the same moments, and would cost a round trip each otherwise.
 */
export class Gatherer<Request, Answer> {
  readonly #send: (requests: readonly Request[]) => Promise<readonly Answer[]>;
  #asked: Asked<Request, Answer>[] = [];

  /** @param send Answers all requests, in order, or rejects for all of them. */
  constructor(send: (requests: readonly Request[]) => Promise<readonly Answer[]>) {
    this.#send = send;
  }

  ask(request: Request): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#asked.push({ request, resolve, reject });
    if (this.#asked.length === 1) setImmediate(() => void this.#travel());
    return promise;
  }

  async #travel(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    try {
      const answers = await this.#send(asked.map(({ request }) => request));
      for (const [index, { resolve }] of asked.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
