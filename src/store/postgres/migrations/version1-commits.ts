import { functionSettings } from './function-settings.ts';

/** Results of `commit_batch` instead of verdicts, when it wrote nothing. */
export const unknownStatus = 'unknown status';
export const twoStatuses = 'two statuses with one id';

const texts = (name: string): string => `string_to_array(${name}, E'\\x1e', E'\\x1d')`;
const integers = (name: string): string => `string_to_array(${name}, ',', '')::integer[]`;
const bigints = (name: string): string => `string_to_array(${name}, ',', '')::bigint[]`;

/**
 * The function of the first schema that writes. A batch of commits is one call, so it takes one round
 * trip and one transaction, and each statement works on whole columns.
 *
 * A column is passed as one text, whose values are joined by the ASCII record separator (numbers by
 * commas) and split by `string_to_array`. On both sides that is three times as fast as arrays of the
 * protocol, and clients need only parameters of type text. No value contains a separator: JSON escapes
 * control characters, and ids have none.
 *
 * The steps of `commit_batch`; each statement sees what was committed before it:
 *
 *   0 name    Adds the statuses that may be missing, which come with their texts. Ends before anything
 *             is written when one without a text is missing.
 *   1 lock    Locks the stored orders, skipping those that are locked already. So batches cannot
 *             deadlock over orders, and a long host transaction holds up only its own orders.
 *   2 judge   Decides on duplicate, locked, conflict, numberTaken or committed.
 *   3 write   Writes orders, events and commands without further checks. A race with another
 *             transaction for a key, a number or a new order ends in an error that rolls back the
 *             batch; the caller then sends its commits one by one, and judging sees what the other
 *             transaction committed.
 *   4 feed    Assigns positions under the locks of the heads of partitions, held until the commit, so
 *             that positions have no gaps and become visible in order. Events in `pending` go first,
 *             because they were committed first. Where another transaction holds a head, the events
 *             go into `pending`, and the next writer or reader takes them from there.
 *
 * A version of an order is decided on the one before, which is therefore committed, with its event in
 * `feed` or `pending`, when the batch of the next version is judged. That is why the events of an order
 * appear in the order of their versions, although no id is compared.
 *
 * `LIMIT 1` in the subqueries of step 2 keeps the planner from hashing a whole table, which it would do
 * while the table is small, and keep doing. The one for an order asks for its version, which is in no
 * index: an index-only scan would otherwise choose an index for listing, and read all orders of the
 * tenant there.
 */
export const version1Commits = `
CREATE FUNCTION @schema@.commit_batch(
  sequences boolean, used_status_ids text, new_status_ids text, new_statuses text,
  tenant_ids text, order_ids text, expected_versions text, expected_revisions text,
  versions text, revisions text, numbers text, customer_ids text, status_ids text, next_due_ats text,
  placed_ats text, updated_ats text, archived_ats text, deadlines_texts text, data_texts text,
  scopes text, keys text, answered_ats text, fingerprints text, outcome_texts text,
  event_commits text, event_versions text, event_status_ids text, event_schema_versions text,
  event_occurred_ats text, event_recorded_ats text, event_ids text, event_types text,
  event_charts text, event_origins text, event_data_texts text
) RETURNS text LANGUAGE plpgsql${functionSettings} AS $function$
#variable_conflict use_column
DECLARE
  tenants text[] := ${texts('tenant_ids')};
  ids text[] := ${texts('order_ids')};
  expecteds bigint[] := ${bigints('expected_versions')};
  expected_tokens text[] := ${texts('expected_revisions')};
  news integer[] := ${integers('versions')};
  numbers_in text[] := ${texts('numbers')};
  scopes_in text[] := ${texts('scopes')};
  keys_in text[] := ${texts('keys')};
  answered bigint[] := ${bigints('answered_ats')};
  commits integer[] := ${integers('event_commits')};
  event_news integer[] := ${integers('event_versions')};
  recorded bigint[] := ${bigints('event_recorded_ats')};
  locked_rows bigint[] := array_fill(0::bigint, ARRAY[cardinality(tenants)]);
  present_versions integer[] := array_fill(0, ARRAY[cardinality(tenants)]);
  present_revisions text[] := array_fill(NULL::text, ARRAY[cardinality(tenants)]);
  codes integer[];
  order_rows bigint[];
  found record;
BEGIN
  -- 0 name
  IF new_status_ids <> '' THEN
    INSERT INTO @schema@.statuses (status_id, status)
    SELECT new_status.status_id, new_status.status
    FROM unnest(${bigints('new_status_ids')}, ${texts('new_statuses')})
      AS new_status(status_id, status)
    WHERE NOT coalesce((SELECT true FROM @schema@.statuses
      WHERE statuses.status_id = new_status.status_id LIMIT 1), false);
    IF EXISTS (SELECT FROM unnest(${bigints('new_status_ids')}, ${texts('new_statuses')})
        AS new_status(status_id, status)
      JOIN @schema@.statuses ON statuses.status_id = new_status.status_id
      WHERE statuses.status <> new_status.status) THEN
      RETURN '${twoStatuses}';
    END IF;
  END IF;
  IF EXISTS (SELECT FROM unnest(${bigints('used_status_ids')}) AS used(status_id)
    WHERE NOT coalesce((SELECT true FROM @schema@.statuses
      WHERE statuses.status_id = used.status_id LIMIT 1), false)) THEN
    RETURN '${unknownStatus}';
  END IF;

  -- 1 lock
  FOR found IN
    SELECT wanted.i, orders.order_row, orders.version, orders.revision
    FROM unnest(tenants, ids) WITH ORDINALITY AS wanted(tenant_id, order_id, i)
    JOIN @schema@.orders USING (tenant_id, order_id)
    FOR NO KEY UPDATE OF orders SKIP LOCKED
  LOOP
    locked_rows[found.i] := found.order_row;
    present_versions[found.i] := found.version;
    present_revisions[found.i] := found.revision;
  END LOOP;

  -- 2 judge: 0 committed, 1 conflict, 2 numberTaken, 3 duplicate, 4 locked
  SELECT array_agg(code ORDER BY i), array_agg(order_row ORDER BY i) INTO codes, order_rows
  FROM (
    SELECT wanted.i,
      CASE
        WHEN wanted.key IS NOT NULL AND (
          SELECT true FROM @schema@.commands WHERE commands.tenant_id = wanted.tenant_id
            AND commands.scope = wanted.scope AND commands.key = wanted.key LIMIT 1) THEN 3
        WHEN wanted.locked_row = 0 AND (
          SELECT orders.version > 0 FROM @schema@.orders WHERE orders.tenant_id = wanted.tenant_id
            AND orders.order_id = wanted.order_id LIMIT 1) THEN 4
        WHEN wanted.present_version <> wanted.expected_version
          OR wanted.present_revision IS DISTINCT FROM wanted.expected_revision THEN 1
        WHEN wanted.version IS NOT NULL AND wanted.locked_row = 0 AND (
          SELECT true FROM @schema@.orders WHERE orders.tenant_id = wanted.tenant_id
            AND orders.number = wanted.number LIMIT 1) THEN 2
        ELSE 0
      END AS code,
      CASE
        WHEN wanted.locked_row = 0 AND wanted.version IS NOT NULL
          THEN nextval('@schema@.order_rows')
        ELSE wanted.locked_row
      END AS order_row
    FROM unnest(
      tenants, ids, expecteds, expected_tokens, news, numbers_in, scopes_in, keys_in, locked_rows,
      present_versions, present_revisions
    ) WITH ORDINALITY AS wanted(
      tenant_id, order_id, expected_version, expected_revision, version, number, scope, key,
      locked_row, present_version, present_revision, i
    )
  ) AS judged;

  -- 3 write
  INSERT INTO @schema@.orders (order_row, tenant_id, order_id, number, customer_id, version,
    revision, status_id, next_due_at, placed_at, updated_at, archived_at, deadlines, data)
  SELECT new_order.order_row, new_order.tenant_id, new_order.order_id, new_order.number,
    new_order.customer_id, new_order.version, new_order.revision, new_order.status_id,
    new_order.next_due_at, new_order.placed_at, new_order.updated_at, new_order.archived_at, new_order.deadlines,
    new_order.data
  FROM unnest(
    codes, locked_rows, order_rows, tenants, ids, numbers_in, ${texts('customer_ids')}, news,
    ${texts('revisions')}, ${bigints('status_ids')}, ${bigints('next_due_ats')}, ${bigints('placed_ats')},
    ${bigints('updated_ats')}, ${bigints('archived_ats')}, ${texts('deadlines_texts')},
    ${texts('data_texts')}
  ) AS new_order(code, locked_row, order_row, tenant_id, order_id, number, customer_id, version,
    revision, status_id, next_due_at, placed_at, updated_at, archived_at, deadlines, data)
  WHERE new_order.code = 0 AND new_order.version IS NOT NULL AND new_order.locked_row = 0;

  UPDATE @schema@.orders SET version = changed.version, revision = changed.revision,
    status_id = changed.status_id,
    customer_id = changed.customer_id, next_due_at = changed.next_due_at,
    updated_at = changed.updated_at,
    archived_at = changed.archived_at, deadlines = changed.deadlines, data = changed.data
  FROM unnest(
    codes, locked_rows, ${texts('customer_ids')}, news, ${texts('revisions')}, ${bigints('status_ids')},
    ${bigints('next_due_ats')}, ${bigints('updated_ats')}, ${bigints('archived_ats')},
    ${texts('deadlines_texts')}, ${texts('data_texts')}
  ) AS changed(code, locked_row, customer_id, version, revision, status_id, next_due_at,
    updated_at, archived_at, deadlines, data)
  WHERE orders.order_row = changed.locked_row AND changed.code = 0
    AND changed.version IS NOT NULL AND changed.locked_row > 0;

  INSERT INTO @schema@.events (order_row, version, status_id, schema_version, occurred_at,
    recorded_at, id, type, chart, origin, data)
  SELECT order_rows[event.commit], event.version, event.status_id, event.schema_version,
    event.occurred_at, event.recorded_at, event.id, event.type, event.chart, event.origin,
    event.data
  FROM unnest(
    commits, event_news, ${bigints('event_status_ids')}, ${integers('event_schema_versions')},
    ${bigints('event_occurred_ats')}, recorded, ${texts('event_ids')}, ${texts('event_types')},
    ${texts('event_charts')}, ${texts('event_origins')}, ${texts('event_data_texts')}
  ) AS event(commit, version, status_id, schema_version, occurred_at, recorded_at, id, type,
    chart, origin, data)
  WHERE codes[event.commit] = 0;

  INSERT INTO @schema@.commands (tenant_id, scope, key, recorded_at, order_id, fingerprint, outcome)
  SELECT answer.tenant_id, answer.scope, answer.key, answer.recorded_at, answer.order_id,
    coalesce(answer.fingerprint, ''), answer.outcome
  FROM unnest(
    codes, tenants, scopes_in, keys_in, answered, ids, ${texts('fingerprints')},
    ${texts('outcome_texts')}
  ) AS answer(code, tenant_id, scope, key, recorded_at, order_id, fingerprint, outcome)
  WHERE answer.code = 0 AND answer.key IS NOT NULL;

  -- 4 feed
  PERFORM @schema@.append_to_feed(sequences,
    ARRAY(SELECT order_rows[event.commit]
      FROM unnest(commits) WITH ORDINALITY AS event(commit, i)
      WHERE codes[event.commit] = 0 ORDER BY event.i),
    ARRAY(SELECT event.version
      FROM unnest(commits, event_news) WITH ORDINALITY AS event(commit, version, i)
      WHERE codes[event.commit] = 0 ORDER BY event.i),
    ARRAY(SELECT event.recorded_at
      FROM unnest(commits, recorded) WITH ORDINALITY AS event(commit, recorded_at, i)
      WHERE codes[event.commit] = 0 ORDER BY event.i));
  RETURN array_to_string(codes, '');
END
$function$;
`;
