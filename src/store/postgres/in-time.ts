/** Settles like `work`, or rejects with the error of `late` after `limitMs`. */
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
