/** Settles with `work`, or rejects with what `late` makes when it takes longer than `limitMs`. */
export function inTime<Result>(
  work: Promise<Result>,
  limitMs: number,
  late: () => Error,
): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const timer = setTimeout(() => reject(late()), limitMs).unref();
  work.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}
