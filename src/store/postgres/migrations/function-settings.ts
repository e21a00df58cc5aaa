import { safeSearchPath } from '../builtins.ts';

/**
 * Settings of all functions. Names are looked up in the server's own schema alone, so nothing that
 * others create runs in them. Plans are made once per connection, and use indexes whatever the
 * statistics say: a table that was empty when the plan was made may have a million rows now. No
 * statement takes as long as it would take to compile it.
 */
export const functionSettings = `
  SET search_path = ${safeSearchPath}
  SET jit = off
  SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off`;
