//! That the audit finds what is wrong, and nothing else.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::assigning_clones, reason = "a corruption reads better as what it sets")]

mod bank;
mod cluster;
mod corruption;
mod cut;
mod liar;
mod specimen;
