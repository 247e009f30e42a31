/// The life of one model request, stage by stage: the table of contents of this target.
///
/// 1. **Authenticate**: ``BearerToken`` finds the key, its SHA-256 (``KeyDigest``) names who asks.
/// 2. **Admit**: ``OrganizationAccount/admit(_:for:at:)`` sets money and tokens aside in every
///    scope that applies, clamps the answer to what is affordable, or says what to borrow.
/// 3. **Queue**: ``ReplicaQueue`` gives a place on a replica, now or within a bounded wait.
/// 4. **Route**: ``Route`` picks the least loaded replica.
/// 5. **Stream**: ``StreamMeter`` counts what is delivered, asks for checkpoints and more money.
/// 6. **Settle**: ``Settlement`` decides what is charged;
///    ``OrganizationAccount/settle(_:charge:used:for:at:)`` ends the hold;
///    ``CounterReconciliation`` finds what aborted requests cost beyond that.
///
/// Everything here is a value without I/O, clock or lock. `Gateway` owns the values, carries their
/// decisions out, and writes down in the journal what must not be forgotten.
package enum RequestPath {}
