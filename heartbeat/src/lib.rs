//! Gives the bank its pace.
