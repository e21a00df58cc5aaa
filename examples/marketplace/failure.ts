/** A failure that the caller can fix: printed as one sentence, without a stack trace. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line or the folder it names cannot be used. */
export const unusable = (message: string): Failure => new Failure(message, 2);
