"""The handler's tables, and what happens in one transaction."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row, dict_row

import rules
from rules import Account

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS python_handler;
CREATE TABLE IF NOT EXISTS python_handler.account (
    iban text PRIMARY KEY,
    token text NOT NULL,
    balance_cents bigint NOT NULL
);
-- What was decided, once per command: the outcome and the changes as bytes, so that a repeat is answered with the same ones.
CREATE TABLE IF NOT EXISTS python_handler.decision (
    kind text NOT NULL,
    id uuid NOT NULL,
    content bytea NOT NULL,
    topic text NOT NULL,
    outcome bytea NOT NULL,
    changes jsonb NOT NULL,
    PRIMARY KEY (kind, id)
);
-- What was read, in the order in which it was worked on. What Kafka has not committed yet is published again from here.
CREATE TABLE IF NOT EXISTS python_handler.work (
    serial bigserial PRIMARY KEY,
    topic text NOT NULL,
    kafka_partition int NOT NULL,
    kafka_offset bigint NOT NULL,
    kind text,
    id uuid,
    mark text,
    UNIQUE (topic, kafka_partition, kafka_offset)
);
"""


@dataclass
class Decision:
    """A command's outcome, and what changed with it."""

    topic: str
    outcome: bytes
    # The changes' keys and values, the values in hex: JSON knows no bytes.
    changes: list[tuple[str, str]]


class Store:
    """One connection, one transaction per command."""

    def __init__(self, host: str, port: str, user: str, password: str, database: str):
        self.connection = psycopg.connect(
            host=host, port=port, user=user, password=password, dbname=database, autocommit=True
        )
        with self.connection.transaction():
            # Two handlers that start at once would both want to make the schema.
            self.connection.execute("SELECT pg_advisory_xact_lock(7075)")
            self.connection.execute(SCHEMA)
            self.connection.execute(
                "INSERT INTO python_handler.account VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (rules.COMPANY_IBAN, rules.COMPANY_TOKEN, rules.COMPANY_BALANCE_CENTS),
            )

    def transaction(self):
        """A transaction, as a context."""
        return self.connection.transaction()

    def decided_in_tx(self, kind: str, command_id) -> tuple[bytes, Decision] | None:
        """The content and the decision of a command that was decided before."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(
                "SELECT * FROM python_handler.decision WHERE kind = %s AND id = %s", (kind, command_id)
            ).fetchone()
        return row and (row["content"], Decision(row["topic"], row["outcome"], row["changes"]))

    def account_in_tx(self, iban: str) -> Account | None:
        """An account, held until the transaction ends."""
        with self.connection.cursor(row_factory=class_row(Account)) as cursor:
            found = cursor.execute("SELECT * FROM python_handler.account WHERE iban = %s FOR UPDATE", (iban,))
            return found.fetchone()

    def open_account_in_tx(self, iban: str, token: str) -> bool:
        """Opens an account; False when the number is taken."""
        opened = self.connection.execute(
            "INSERT INTO python_handler.account VALUES (%s, %s, 0) ON CONFLICT DO NOTHING", (iban, token)
        )
        return opened.rowcount == 1

    def set_balance_in_tx(self, iban: str, balance_cents: int) -> None:
        """Sets a balance."""
        self.connection.execute(
            "UPDATE python_handler.account SET balance_cents = %s WHERE iban = %s", (balance_cents, iban)
        )

    def decide_in_tx(self, kind: str, command_id, content: bytes, decision: Decision) -> None:
        """Notes a decision."""
        self.connection.execute(
            "INSERT INTO python_handler.decision VALUES (%s, %s, %s, %s, %s, %s)",
            (kind, command_id, content, decision.topic, decision.outcome, psycopg.types.json.Jsonb(decision.changes)),
        )

    def work_in_tx(self, place: tuple[str, int, int], kind: str | None, command_id, mark: str | None) -> None:
        """Notes that what was read at a place is worked on."""
        self.connection.execute(
            "INSERT INTO python_handler.work (topic, kafka_partition, kafka_offset, kind, id, mark) VALUES (%s, %s, %s, %s, %s, %s)",
            (*place, kind, command_id, mark),
        )

    def unpublished(self, committed: dict[tuple[str, int], int]) -> list[dict]:
        """What was worked on at or behind the committed offsets, in the order of the work."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            rows: list[dict] = []
            for (topic, partition), offset in committed.items():
                cursor.execute(
                    "SELECT * FROM python_handler.work WHERE topic = %s AND kafka_partition = %s AND kafka_offset >= %s",
                    (topic, partition, offset),
                )
                rows.extend(cursor.fetchall())
        return sorted(rows, key=lambda row: row["serial"])
