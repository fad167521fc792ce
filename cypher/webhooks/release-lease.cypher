// Releases a lease, so that another instance need not wait until it ends.
// Takes $lease, $holder
// Logged: no event
MATCH (lease:Lease {name: $lease}) WHERE lease.holder = $holder
SET lease.holder = null, lease.until = 0
RETURN lease.name AS name
