//! Decides commands, moves money, publishes what happened; the only owner of balances.
