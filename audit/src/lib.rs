//! Proves from outside that the books are right.
