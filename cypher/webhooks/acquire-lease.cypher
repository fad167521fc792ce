// Acquires or renews a lease for $ms milliseconds by the database's clock; returns nothing if another instance holds it.
// Takes $lease, $holder, $ms
// Logged: no event
MERGE (lease:Lease {name: $lease})
WITH lease, at WHERE lease.holder = $holder OR coalesce(lease.until, 0) < at.epochMillis
SET lease.holder = $holder, lease.until = at.epochMillis + $ms
RETURN lease.until AS until
