//! What flows through the bank: schemas, topics, record types and the values they hold.
