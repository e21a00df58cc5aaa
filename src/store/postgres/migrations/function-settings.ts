/**
 * Settings of all functions: plans are made once per connection, and use indexes whatever the
 * statistics say: a table that was empty when the plan was made may have a million rows now.
 */
export const functionSettings = `
  SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off
  SET enable_hashjoin = off
  SET enable_mergejoin = off`;
