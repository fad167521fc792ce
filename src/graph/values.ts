// Knows how values travel between the driver's records and our rows.
import { DateTime, type RecordShape } from 'neo4j-driver'

/** Values of one row, in the order of the statement's columns; integers are bigint. */
export type Row = unknown[]

type Records = { keys: PropertyKey[]; get(index: number): unknown }[]

/** The driver's records as rows. */
export const rowsOf = (records: Records | RecordShape[]): Row[] =>
  (records as Records).map((record) => record.keys.map((_, index) => record.get(index)))

/** A value that Neo4j stores as a datetime, from `2012-12-31T13:22:55Z`. */
export function dateTime(iso: string): unknown {
  const date = new Date(iso)
  return new DateTime(
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    0,
    0,
  )
}
