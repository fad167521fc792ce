// Acquires or renews a lease for $ms milliseconds by the database's clock; returns nothing if another instance holds it.
// An end that is further away than any holder can have written comes from a clock that was set back: the lease then ends $ms from now, because its
// holder may be alive and rely on it for as long.
// Takes $lease, $holder, $ms
// Logged: no event
MERGE (lease:Lease {name: $lease})
SET lease.until = CASE WHEN lease.until > at.epochMillis + $ms THEN at.epochMillis + $ms ELSE coalesce(lease.until, 0) END
WITH lease, at WHERE lease.holder = $holder OR lease.until < at.epochMillis
SET lease.holder = $holder, lease.until = at.epochMillis + $ms
RETURN lease.until AS until
