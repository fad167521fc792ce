// The reasons for refusing a record that depend on the graph; regular and bulk imports share these texts.

/** `owner` is undefined if it is not known. */
export const nameTaken = (username: string, owner: bigint | undefined): string =>
  `the username ${username} belongs to ${owner === undefined ? 'another user' : `user ${owner}`}: choose another`

export const notKnown = (id: bigint): string =>
  `user ${id} is not known: import the user first, or leave --known-users out`

export const busy = (id: bigint): string =>
  `user ${id} is being changed by many others at once: import the line again`

/** For a line whose id other clients drew again and again while it was to be written. */
export const contended = 'others are writing at the same time: import the line again'

/** `plural` names the kind of relationships. */
export const idTaken = (id: bigint, plural: string): string =>
  `the id ${id} is that of another of the ${plural}: leave it out, or write one that is free`

export const followedReason = ({ from, to }: { from: bigint; to: bigint }): string =>
  `user ${from} follows user ${to} already: remove the line`

export const blockedReason = ({ from, to }: { from: bigint; to: bigint }): string =>
  `one of the users ${from} and ${to} blocks the other: remove the line, or unblock first`
