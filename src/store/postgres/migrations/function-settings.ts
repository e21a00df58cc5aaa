import { safeSearchPath } from '../builtins.ts';

/**
 * The settings of all functions. Names are looked up in `pg_catalog` alone, so nothing that others create
 * can run. Plans are made once per connection and use indexes regardless of statistics, because a table
 * that was empty then may have a million rows now. No statement is slow enough for JIT to pay off.
 */
export const functionSettings = `
  SET search_path = ${safeSearchPath}
  SET jit = off
  SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off`;
