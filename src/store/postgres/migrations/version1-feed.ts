import { functionSettings } from './function-settings.ts';

/**
 * The functions of the first schema that assign positions to events, under the locks of the heads of
 * partitions: see step 4 in version1-commits.ts.
 */
export const version1Feed = `
-- Adds events to the feed, or to pending when another transaction holds the head of their partition
-- (or when the caller's transaction may last long: sequences is false).
CREATE FUNCTION @schema@.append_to_feed(
  sequences boolean, order_rows bigint[], versions integer[], recorded_ats bigint[]
) RETURNS void LANGUAGE plpgsql${functionSettings} AS $function$
DECLARE
  held smallint[] := '{}';
  clear smallint[] := '{}';
BEGIN
  IF cardinality(order_rows) = 0 THEN
    RETURN;
  END IF;
  IF sequences THEN
    held := @schema@.hold_heads(
      ARRAY(SELECT DISTINCT (order_row & 15)::smallint FROM unnest(order_rows) AS order_row));
    -- Pending events were committed before, so they go first.
    clear := ARRAY(SELECT partition FROM unnest(held) AS partition
      WHERE NOT EXISTS (SELECT FROM @schema@.pending WHERE pending.partition = partition.partition));
  END IF;

  INSERT INTO @schema@.pending (partition, order_row, version, recorded_at)
  SELECT (event.order_row & 15)::smallint, event.order_row, event.version, event.recorded_at
  FROM unnest(order_rows, versions, recorded_ats) WITH ORDINALITY
    AS event(order_row, version, recorded_at, i)
  WHERE NOT (event.order_row & 15)::smallint = ANY (clear)
  ORDER BY event.i;

  IF cardinality(clear) > 0 THEN
    WITH numbered AS (
      SELECT (event.order_row & 15)::smallint AS partition, event.order_row, event.version,
        row_number() OVER (PARTITION BY event.order_row & 15 ORDER BY event.i) AS step
      FROM unnest(order_rows, versions) WITH ORDINALITY AS event(order_row, version, i)
      WHERE (event.order_row & 15)::smallint = ANY (clear)
    )
    INSERT INTO @schema@.feed (partition, position, order_row, version)
    SELECT numbered.partition, head.position + numbered.step, numbered.order_row, numbered.version
    FROM numbered JOIN @schema@.feed_heads AS head USING (partition);
    PERFORM @schema@.move_heads(
      ARRAY(SELECT (order_row & 15)::smallint FROM unnest(order_rows) AS order_row
        WHERE (order_row & 15)::smallint = ANY (clear)),
      ARRAY(SELECT event.recorded_at FROM unnest(order_rows, recorded_ats)
        AS event(order_row, recorded_at) WHERE (event.order_row & 15)::smallint = ANY (clear)));
  END IF;

  IF cardinality(held) > cardinality(clear) THEN
    PERFORM @schema@.take_pending(
      ARRAY(SELECT unnest(held) EXCEPT SELECT unnest(clear)), 5000);
  END IF;
END
$function$;

-- Locks the heads of partitions that are not locked already, and returns their numbers.
CREATE FUNCTION @schema@.hold_heads(partitions smallint[]) RETURNS smallint[]
LANGUAGE sql${functionSettings} AS $function$
  SELECT coalesce(array_agg(partition), '{}') FROM (
    SELECT partition FROM @schema@.feed_heads WHERE partition = ANY (partitions)
    ORDER BY partition FOR NO KEY UPDATE SKIP LOCKED
  ) AS held
$function$;

-- Assigns positions to pending events of partitions whose heads the caller holds, oldest first.
CREATE FUNCTION @schema@.take_pending(partitions smallint[], most integer) RETURNS void
LANGUAGE plpgsql${functionSettings} AS $function$
DECLARE
  taken_partitions smallint[];
  taken_recorded_ats bigint[];
BEGIN
  WITH taken AS (
    DELETE FROM @schema@.pending WHERE seq = ANY (ARRAY(
      SELECT oldest.seq FROM unnest(partitions) AS wanted(partition)
      CROSS JOIN LATERAL (
        SELECT seq FROM @schema@.pending WHERE pending.partition = wanted.partition
        ORDER BY seq LIMIT most
      ) AS oldest))
    RETURNING seq, partition, order_row, version, recorded_at
  ), numbered AS (
    SELECT taken.*, row_number() OVER (PARTITION BY partition ORDER BY seq) AS step FROM taken
  ), added AS (
    INSERT INTO @schema@.feed (partition, position, order_row, version)
    SELECT numbered.partition, head.position + numbered.step, numbered.order_row, numbered.version
    FROM numbered JOIN @schema@.feed_heads AS head USING (partition)
  )
  SELECT array_agg(partition), array_agg(recorded_at) INTO taken_partitions, taken_recorded_ats
  FROM numbered;
  IF taken_partitions IS NOT NULL THEN
    PERFORM @schema@.move_heads(taken_partitions, taken_recorded_ats);
  END IF;
END
$function$;

-- Moves the heads behind the events that were added, one item for each, and sets a mark now and then:
-- the latest time up to a position, so that a time can be found without an index over all events.
CREATE FUNCTION @schema@.move_heads(partitions smallint[], recorded_ats bigint[]) RETURNS void
LANGUAGE sql${functionSettings} AS $function$
  WITH added AS (
    SELECT partition, count(*) AS step, max(recorded_at) AS latest
    FROM unnest(partitions, recorded_ats) AS event(partition, recorded_at) GROUP BY partition
  ), moved AS (
    UPDATE @schema@.feed_heads AS head SET
      position = head.position + added.step,
      latest_recorded_at = greatest(head.latest_recorded_at, added.latest),
      marked_position = CASE WHEN head.position + added.step - head.marked_position >= 1000
        THEN head.position + added.step ELSE head.marked_position END
    FROM added WHERE head.partition = added.partition
    RETURNING head.partition, head.position, head.latest_recorded_at, head.marked_position
  )
  INSERT INTO @schema@.feed_marks (partition, latest_recorded_at, position)
  SELECT partition, latest_recorded_at, position FROM moved WHERE marked_position = position
$function$;

-- Assigns positions to the pending events of partitions whose heads no other transaction holds.
CREATE FUNCTION @schema@.sequence_pending(partitions smallint[]) RETURNS void
LANGUAGE plpgsql${functionSettings} AS $function$
DECLARE
  waiting smallint[] := ARRAY(SELECT partition FROM unnest(partitions) AS partition
    WHERE EXISTS (SELECT FROM @schema@.pending WHERE pending.partition = partition.partition));
  held smallint[];
BEGIN
  held := @schema@.hold_heads(waiting);
  IF cardinality(held) > 0 THEN
    PERFORM @schema@.take_pending(held, 5000);
  END IF;
END
$function$;

-- Removes feed rows of purged orders, in one range of each partition, and records how far it came; at
-- the end of the feed it starts over.
CREATE FUNCTION @schema@.sweep_feed(most bigint) RETURNS void
LANGUAGE plpgsql${functionSettings} AS $function$
DECLARE
  head record;
  stretch_end bigint;
BEGIN
  FOR head IN
    SELECT partition, position, swept_position FROM @schema@.feed_heads ORDER BY partition
  LOOP
    SELECT max(position) INTO stretch_end FROM (
      SELECT position FROM @schema@.feed
      WHERE partition = head.partition AND position > head.swept_position
      ORDER BY position LIMIT most) AS stretch;
    DELETE FROM @schema@.feed WHERE feed.partition = head.partition
      AND feed.position > head.swept_position AND feed.position <= stretch_end
      AND NOT coalesce((SELECT true FROM @schema@.orders
        WHERE orders.order_row = feed.order_row LIMIT 1), false);
    -- While another transaction holds the head, the same range is swept again the next time.
    UPDATE @schema@.feed_heads SET swept_position = CASE
        WHEN stretch_end IS NULL OR stretch_end >= head.position THEN 0 ELSE stretch_end END
      WHERE partition = (SELECT partition FROM @schema@.feed_heads
        WHERE partition = head.partition FOR NO KEY UPDATE SKIP LOCKED);
  END LOOP;
END
$function$;
`;
