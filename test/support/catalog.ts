import type { SqlClient } from "@effect/sql/SqlClient"

/**
 * All that makes a schema, as the server itself writes it. The order of columns is left out: it tells
 * when they were added, and nothing depends on it.
 */
const catalog = `
  WITH own AS (
    SELECT c.oid, c.relname, c.relkind FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'holdfast_migrations%'
  )
  SELECT 'table ' || relname AS thing, relkind::text AS definition FROM own
  UNION ALL
  SELECT 'column ' || relname || '.' || attname, concat_ws(' ',
      format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' END,
      (SELECT 'collate ' || collname FROM pg_collation WHERE oid = attcollation),
      pg_get_expr(adbin, adrelid), attidentity, attgenerated, attstorage)
    FROM own JOIN pg_attribute ON attrelid = own.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind <> 'i'
  UNION ALL
  SELECT 'constraint ' || relname || '.' || conname, pg_get_constraintdef(con.oid)
    FROM own JOIN pg_constraint con ON conrelid = own.oid
  UNION ALL
  SELECT 'index ' || relname, pg_get_indexdef(own.oid) FROM own WHERE relkind = 'i'
  UNION ALL
  SELECT 'trigger ' || relname || '.' || tgname, pg_get_triggerdef(t.oid)
    FROM own JOIN pg_trigger t ON tgrelid = own.oid AND NOT tgisinternal
  UNION ALL
  SELECT 'function ' || proname, pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
  UNION ALL
  SELECT 'comment ' || relname || ' ' || objsubid, description
    FROM own JOIN pg_description ON objoid = own.oid AND classoid = 'pg_class'::regclass
  ORDER BY 1`

/** The schema `public` of a database as lines to be compared. */
export const catalogOf = (sql: SqlClient) =>
  sql.unsafe<{ readonly thing: string; readonly definition: string }>(catalog)
