-- What the topics say, in a form that can be asked. All of it can be built again from the topics: a rebuild fills a
-- schema of the same form and renames it, so everything in here must have no references from outside.
CREATE SCHEMA projection;

-- One row per BalanceChanged. Money is in euro cents, times are microseconds since 1970 UTC.
CREATE TABLE projection.transaction (
    -- event * 2 + leg; negative, from partition and offset, for a record without headers.
    id            bigint  PRIMARY KEY,
    -- The ten digits of the IBAN.
    account       bigint  NOT NULL,
    -- Place in the topic. Within an account, which lives in one partition, the offset is the order.
    log_offset    bigint  NOT NULL,
    new_balance   bigint  NOT NULL,
    -- Negative for a debit.
    changed_by    bigint  NOT NULL,
    -- These two are unknown for a record without headers.
    account_seq   bigint,
    booked_at     bigint,
    log_partition integer NOT NULL,
    from_to       text    NOT NULL,
    descr         text    NOT NULL,
    UNIQUE (log_partition, log_offset)
);
CREATE INDEX transaction_of_account ON projection.transaction (account, log_offset);

-- One row per account that was created or has a transaction.
CREATE TABLE projection.account (
    number           bigint  PRIMARY KEY,
    iban             text    NOT NULL,
    -- 0 AUTO, 1 MANUAL; unknown where the creation is not in the topic.
    a_type           smallint,
    created_at       bigint,
    -- Balance before the first transaction.
    opening_balance  bigint  NOT NULL DEFAULT 0,
    has_transactions boolean NOT NULL DEFAULT false
);
-- Search by how an IBAN begins, and by how it ends.
CREATE INDEX account_iban ON projection.account (iban text_pattern_ops);
CREATE INDEX account_iban_reversed ON projection.account (reverse(iban) text_pattern_ops);
CREATE INDEX account_with_transactions ON projection.account (number) WHERE has_transactions;

-- The company's account exists from the start.
INSERT INTO projection.account (number, iban, a_type, opening_balance)
VALUES (0, 'NL66OPEN0000000000', 0, 100000000000000000);

-- How far each partition was projected, moved on in the transaction that writes its rows.
CREATE TABLE projection.position (
    topic         text    NOT NULL,
    log_partition integer NOT NULL,
    next_offset   bigint  NOT NULL,
    -- The highest (event, leg) seen; a record that is not above it repeats an earlier one.
    highest_event bigint  NOT NULL DEFAULT 0,
    highest_leg   smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, log_partition)
);

-- The Kafka cluster that the positions belong to.
CREATE TABLE projection.source (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cluster_id text    NOT NULL
);

-- Orders to build the projection again, given by `graphql-endpoint rebuild` and carried out by the running service.
CREATE TABLE rebuild (
    id           bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    requested_at timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    -- Rows written so far.
    projected    bigint      NOT NULL DEFAULT 0
);
