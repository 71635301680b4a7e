-- What only this service knows. A rebuild of the projection never touches these two tables.

-- A person who can log in, and the account that was made for them.
CREATE TABLE bank_user (
    username          text        PRIMARY KEY,
    -- PHC string of argon2id.
    password_hash     text        NOT NULL,
    -- Id of the ConfirmAccountCreation that is or was sent for this user.
    creation_id       uuid        NOT NULL UNIQUE,
    -- How many ids were sent since the last failure was reported.
    creation_attempts smallint    NOT NULL DEFAULT 1,
    sent_at           timestamptz NOT NULL DEFAULT now(),
    -- Why no account was made; the next login tries again with a new id.
    failure           text,
    iban              text,
    -- The account's secret; only its owner sees it.
    token             text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CHECK ((iban IS NULL) = (token IS NULL))
);
CREATE INDEX bank_user_unanswered ON bank_user (sent_at) WHERE iban IS NULL AND failure IS NULL;

-- Transfers asked for through GraphQL, written before they are sent.
CREATE TABLE transfer_request (
    id           uuid        PRIMARY KEY,
    -- First 16 bytes of SHA-256 over the command's decoded fields.
    content_hash bytea       NOT NULL CHECK (octet_length(content_hash) = 16),
    -- The command as Avro, to send it again. Holds the account's token, so it is dropped with the outcome.
    command      bytea,
    requested_at timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz NOT NULL DEFAULT now(),
    success      boolean,
    -- Why it was refused.
    reason       text,
    answered_at  timestamptz,
    CHECK ((success IS NULL) = (command IS NOT NULL))
);
CREATE INDEX transfer_request_unanswered ON transfer_request (sent_at) WHERE success IS NULL;
