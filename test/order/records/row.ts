import type { HarnessOptions } from '../../../src/testing/harness.ts';
import type { Step } from '../../../src/testing/specification.ts';

/** What a request records: the whole data of every event. */
export interface Row {
  readonly of: string;
  readonly given: readonly Step[];
  readonly when: object;
  readonly events: readonly { readonly type: string; readonly data: object }[];
  /** Default: an order confirms when it is paid. */
  readonly options?: HarnessOptions;
}
