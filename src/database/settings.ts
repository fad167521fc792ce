// The settings of the Neo4j that this program runs itself, the same for Docker and Java.
/** The memory of a Neo4j process, in MB. */
export type Memory = { heap: number; pageCache: number }

/** Settings that decide the layout of the store: the bulk loader needs them as well as the server. */
export const STORE_SETTINGS: [string, string][] = [
  // Every node groups its relationships by type and direction and stores their number, so that counts are read instead of walked.
  ['db.relationship_grouping_threshold', '1'],
]

/**
 * Options of Neo4j's Java. Neo4j samples its indexes in virtual threads, and Java runs as many of these at a time as there are cores. Samplers that wait
 * for a page that a commit has locked keep the cores busy; if the commit waits for a page that another sampler is reading, and no core is left for
 * that one, all writers stop for good (docs/decisions/015). With as many carrier threads as samplers the operating system lets each go on.
 */
export const JAVA_OPTIONS = ['-Djdk.virtualThreadScheduler.parallelism=256']

/** Names and values of all settings but the addresses that the server listens on. */
export function serverSettings(memory: Memory): [string, string][] {
  return [
    ['server.http.enabled', 'false'],
    ['server.https.enabled', 'false'],
    ['dbms.usage_report.enabled', 'false'],
    ['server.memory.pagecache.size', `${memory.pageCache}m`],
    // One machine without a cluster or incremental backups needs no old transaction logs. Neo4j allocates a log file in advance;
    // without that a full disk would break off an entry, and Neo4j would not start again (test/faults/long/full-disk). Files
    // of 32 MB, because the default of 256 MB is much for an empty database.
    ['db.tx_log.rotation.retention_policy', 'keep_none'],
    ['db.tx_log.rotation.size', '32m'],
    // A transaction that waits for a lock does not notice its own timeout.
    ['db.lock.acquisition.timeout', '2s'],
    ...STORE_SETTINGS,
  ]
}

/** Settings as lines of neo4j.conf. */
export const asLines = (settings: [string, string][]): string =>
  settings.map(([name, value]) => `${name}=${value}\n`).join('')

/** Settings as the variables that Neo4j's image reads. */
export const asEnvironment = (settings: [string, string][]): Record<string, string> =>
  Object.fromEntries(
    settings.map(([name, value]) => [`NEO4J_${name.replaceAll('_', '__').replaceAll('.', '_')}`, value]),
  )
