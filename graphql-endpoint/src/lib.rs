//! Events in, queries and subscriptions out; the only thing browsers talk to.
