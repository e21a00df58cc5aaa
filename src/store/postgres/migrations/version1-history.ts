import { functionSettings } from './function-settings.ts';

/**
 * The part of the first schema that detects another history.
 *
 * A database can be set back under running engines: a standby that was behind takes over, or a disk or
 * a backup is restored. The table `history` numbers the histories. The server shows a promotion by its
 * timeline, and another cluster by its system identifier. A restored disk is detected by ids: each read
 * and write names the last event it has seen, and `is_known` checks that the event is still there.
 */
export const version1History = `
CREATE TABLE @schema@.history (
  is_only boolean PRIMARY KEY CHECK (is_only),
  counter bigint NOT NULL,
  timeline text COLLATE "C" NOT NULL,
  system_identifier bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO @schema@.history VALUES (true, 1, '', 0);

-- Returns the number of the present history. Raises it when the server reports another timeline or
-- cluster; engines that know an older number then start over. Where the role may not ask the server,
-- only ids tell.
CREATE FUNCTION @schema@.current_history() RETURNS bigint
LANGUAGE plpgsql${functionSettings} AS $function$
DECLARE
  known record;
  present_timeline text;
  present_system bigint;
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE read_only_sql_transaction USING MESSAGE = 'this server is a standby';
  END IF;
  SELECT counter, timeline, system_identifier INTO STRICT known FROM @schema@.history
    WHERE is_only;
  BEGIN
    present_timeline := substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);
    present_system := (SELECT system_identifier FROM pg_control_system());
  EXCEPTION WHEN insufficient_privilege OR undefined_function THEN
    RETURN known.counter;
  END;
  IF known.timeline = present_timeline AND known.system_identifier = present_system THEN
    RETURN known.counter;
  END IF;
  UPDATE @schema@.history SET timeline = present_timeline, system_identifier = present_system,
    counter = CASE WHEN timeline = '' THEN counter
      ELSE greatest(counter + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) END
    WHERE is_only AND (timeline <> present_timeline OR system_identifier <> present_system);
  RETURN (SELECT counter FROM @schema@.history WHERE is_only);
END
$function$;

-- Raises the number of the history unless it is above this one already, and returns it.
CREATE FUNCTION @schema@.raise_history(above bigint) RETURNS bigint
LANGUAGE plpgsql${functionSettings} AS $function$
BEGIN
  PERFORM @schema@.current_history();
  UPDATE @schema@.history SET counter = greatest(counter + 1, above + 1,
      (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    WHERE is_only AND counter <= above;
  RETURN (SELECT counter FROM @schema@.history WHERE is_only);
END
$function$;

-- Tells whether what a caller knows still holds: the number of the history, and the event at a position
-- (none when it is below 0). A purge removes the event, but the end of the partition stays.
CREATE FUNCTION @schema@.is_known(
  in_partition integer, known_history bigint, seen_position bigint, seen_id text
) RETURNS boolean LANGUAGE plpgsql STABLE${functionSettings} AS $function$
DECLARE
  found_id text;
BEGIN
  IF known_history <> (SELECT counter FROM @schema@.history WHERE is_only) THEN
    RETURN false;
  END IF;
  IF seen_position < 0 THEN
    RETURN true;
  END IF;
  SELECT events.id INTO found_id FROM @schema@.feed, @schema@.events
    WHERE feed.partition = in_partition AND feed.position = seen_position
      AND events.order_row = feed.order_row AND events.version = feed.version;
  IF found_id IS NOT NULL THEN
    RETURN found_id = seen_id;
  END IF;
  RETURN @schema@.is_within(in_partition, seen_position);
END
$function$;

-- Tells whether a position is not beyond the end of its partition.
CREATE FUNCTION @schema@.is_within(in_partition integer, up_to bigint) RETURNS boolean
LANGUAGE sql STABLE${functionSettings} AS $function$
  SELECT up_to <= coalesce((SELECT position FROM @schema@.feed_heads
    WHERE feed_heads.partition = in_partition), 0)
$function$;
`;
