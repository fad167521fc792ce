/** For reads of the whole graph: an audit may take long, also beside a busy service. */
export const WALK_MS = 3_600_000
/** For one step of a repair. */
export const REPAIR_MS = 60_000
