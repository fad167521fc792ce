/** For reads of the whole graph: they may take long, also beside a busy service. */
export const WALK_MS = 3_600_000
/** For one page of such a read. */
export const PAGE_MS = 120_000
/** For one step of a repair. */
export const REPAIR_MS = 60_000
