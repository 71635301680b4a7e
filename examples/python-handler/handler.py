"""A command handler in Python, naive on purpose: a database transaction per command. It keeps the contract.

Each command is decided, and what comes of it stored, in one transaction of PostgreSQL. What a poll of Kafka gave is then published in one transaction
of Kafka, together with the offsets of the commands. After a crash between the two, the offsets say what was not published: it is published from the tables.

    ./scripts/restart.sh --without command-handler
    ./scripts/stand-in.sh command-handler examples/python-handler/run.sh
"""

import os
import signal
import sys
import threading
import uuid

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

import rules
from store import Decision, Store
from wire import Poison, Registry, check

# Numbers that are drawn for a new account before it is given up.
DRAWS_MAX = 5
# Commands published in one transaction of Kafka.
BATCH_MAX_COMMANDS = 100
KAFKA_TIMEOUT_S = 30
CREATION, TRANSFER = "creation", "transfer"
A_TYPES = {"AUTO", "MANUAL"}
# What is read of a command; whatever else it has is left aside.
COMMANDS = {
    CREATION: {"id": bytes, "a_type": str},
    TRANSFER: {"id": bytes, "token": str, "amount": int, "from": str, "to": str, "description": str},
}
FENCED = {KafkaError.FENCED_INSTANCE_ID, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED, KafkaError._FENCED}


def topic(name: str, default: str) -> str:
    """A topic's name, by the contract's settings."""
    return os.environ.get(f"KAFKA_{name}_TOPIC", default)


CAC, ACC, ACF = (
    topic("CAC", "confirm_account_creation"),
    topic("ACC", "account_creation_confirmed"),
    topic("ACF", "account_creation_failed"),
)
CMT, MTC, MTF, BC = (
    topic("CMT", "confirm_money_transfer"),
    topic("MTC", "money_transfer_confirmed"),
    topic("MTF", "money_transfer_failed"),
    topic("BC", "balance_changed"),
)


class Handler:
    """Reads commands, decides them, publishes what happened."""

    def __init__(self, stopping: threading.Event):
        env = os.environ.get
        self.stopping = stopping
        self.registry = Registry(env("SCHEMA_REGISTRY_URL", "http://localhost:18081/apis/ccompat/v7"))
        self.store = Store(
            host=env("DB_HOSTNAME", "localhost"),
            port=env("DB_PORT", "25432"),
            user=env("DB_USER", "open-bank"),
            password=env("DB_PASSWORD", "open-bank"),
            database=env("BALANCE_DATABASE", "balancedb"),
        )
        brokers = env("KAFKA_BROKERS", "localhost:19092")
        self.consumer = Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": "command-handler",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                # The only member has every partition: nothing is decided by two. Whoever comes under its name takes its place.
                "group.instance.id": "python-handler",
                "session.timeout.ms": 6_000,
            }
        )
        self.producer = Producer(
            {
                "bootstrap.servers": brokers,
                # A handler that starts ends what the one before it left open, and fences it.
                "transactional.id": "python-handler",
                "partitioner": "murmur2_random",
                "linger.ms": 0,
            }
        )

    def run(self) -> None:
        """Works until it is asked to stop."""
        self.producer.init_transactions(KAFKA_TIMEOUT_S)
        self.consumer.subscribe([CAC, CMT], on_assign=self.on_assign)
        while not self.stopping.is_set():
            first = self.consumer.poll(0.2)
            if first is None:
                continue
            # Whatever else has come already; a lone command waits for nobody.
            records = [first, *self.consumer.consume(BATCH_MAX_COMMANDS - 1, timeout=0)]
            good = [record for record in records if record.error() is None]
            for error in (record.error() for record in records if record.error() is not None):
                if error.fatal():
                    raise KafkaException(error)
                print(f"reading: {error}", flush=True)
            if good:
                work = [row for row in map(self.decide, good) if row]
                self.publish(work, [(record.topic(), record.partition(), record.offset()) for record in good])
        self.consumer.close()

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """What the tables have beyond the committed offsets was decided and never published: a crash came between."""
        committed = {
            (it.topic, it.partition): max(it.offset, 0) for it in consumer.committed(partitions, KAFKA_TIMEOUT_S)
        }
        rows = self.store.unpublished(committed)
        if rows:
            print(f"publishing {len(rows)} commands that were decided before", flush=True)
            self.publish(rows, [(row["topic"], row["kafka_partition"], row["kafka_offset"]) for row in rows])
        for partition in partitions:
            published = [
                row["kafka_offset"] + 1
                for row in rows
                if (row["topic"], row["kafka_partition"]) == (partition.topic, partition.partition)
            ]
            partition.offset = max([committed[partition.topic, partition.partition], *published])
        consumer.assign(partitions)
        print(f"active: {len(partitions)} partitions", flush=True)

    def decide(self, record) -> dict | None:
        """Decides a command in a transaction of its own; what there is to publish of it."""
        kind = CREATION if record.topic() == CAC else TRANSFER
        place = (record.topic(), record.partition(), record.offset())
        try:
            command = self.registry.decode(record.value())
            check(command, COMMANDS[kind])
            if kind == CREATION and command["a_type"] not in A_TYPES:
                raise Poison(f"a_type is {command['a_type']!r}")
        except Poison as reason:
            print(f"left out: {record.topic()}/{record.partition()} offset {record.offset()}: {reason}", flush=True)
            return None
        command_id = uuid.UUID(bytes=command["id"])
        content = repr(sorted(command.items())).encode()
        with self.store.transaction():
            before = self.store.decided_in_tx(kind, command_id)
            mark = None
            if before:
                mark = "repeat" if before[0] == content else "id-reused"
            elif kind == CREATION:
                self.store.decide_in_tx(kind, command_id, content, self.creation_in_tx(command))
            else:
                self.store.decide_in_tx(kind, command_id, content, self.transfer_in_tx(command))
            self.store.work_in_tx(place, kind, command_id, mark)
        return {"kind": kind, "id": command_id, "mark": mark}

    def creation_in_tx(self, command: dict) -> Decision:
        for _ in range(DRAWS_MAX):
            iban, token = rules.draw_iban(), rules.draw_token()
            if self.store.open_account_in_tx(iban, token):
                outcome = {"id": command["id"], "iban": iban, "token": token, "a_type": command["a_type"]}
                return Decision(ACC, self.registry.encode(ACC, outcome), [])
        reason = "generated iban already exists, try again"
        return Decision(ACF, self.registry.encode(ACF, {"id": command["id"], "reason": reason}), [])

    def transfer_in_tx(self, command: dict) -> Decision:
        # Nobody else writes balances, so the order of the locks does not matter.
        sender, receiver = (
            # Any other text is nobody's number, and may hold what PostgreSQL does not take.
            self.store.account_in_tx(command[side]) if rules.is_iban_of_this_bank(command[side]) else None
            for side in ("from", "to")
        )
        reason = rules.refusal(command, sender, receiver)
        if reason:
            return Decision(MTF, self.registry.encode(MTF, {"id": command["id"], "reason": reason}), [])
        changes = []
        for account, change_cents, other in (
            (sender, -command["amount"], command["to"]),
            (receiver, command["amount"], command["from"]),
        ):
            if account:
                balance_cents = account.balance_cents + change_cents
                self.store.set_balance_in_tx(account.iban, balance_cents)
                change = {
                    "iban": account.iban,
                    "new_balance": balance_cents,
                    "changed_by": change_cents,
                    "from_to": other,
                    "description": command["description"],
                }
                changes.append((account.iban, self.registry.encode(BC, change).hex()))
        return Decision(MTC, self.registry.encode(MTC, {"id": command["id"]}), changes)

    def publish(self, work: list[dict], places: list[tuple[str, int, int]]) -> None:
        """Publishes decisions and commits the places of their commands, both or neither."""
        next_offsets: dict[tuple[str, int], int] = {}
        for name, partition, offset in places:
            next_offsets[name, partition] = max(offset + 1, next_offsets.get((name, partition), 0))
        self.producer.begin_transaction()
        for row in work:
            _, decision = self.store.decided_in_tx(row["kind"], row["id"])
            # A repeat changes nothing.
            for iban, value in [] if row["mark"] else decision.changes:
                self.produce(BC, iban, bytes.fromhex(value), [])
            marks = {None: [], "repeat": ["repeat"], "id-reused": ["repeat", "id-reused"]}[row["mark"]]
            self.produce(decision.topic, str(row["id"]), decision.outcome, [(mark, b"") for mark in marks])
        self.producer.send_offsets_to_transaction(
            [TopicPartition(name, partition, offset) for (name, partition), offset in next_offsets.items()],
            self.consumer.consumer_group_metadata(),
            KAFKA_TIMEOUT_S,
        )
        self.producer.commit_transaction(KAFKA_TIMEOUT_S)

    def produce(self, name: str, key: str, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        while True:
            try:
                self.producer.produce(name, value, key, headers=headers)
                return
            except BufferError:
                self.producer.poll(0.1)


def main() -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    # Whatever fails, a new start makes it good: nothing is repaired in place.
    while not stopping.is_set():
        try:
            Handler(stopping).run()
        except KafkaException as failure:
            error = failure.args[0]
            if error.code() in FENCED:
                sys.exit(f"another handler has taken over: {error}")
            print(f"starting over: {error}", flush=True)
        except (psycopg.Error, OSError) as error:
            print(f"starting over: {error}", flush=True)
        stopping.wait(1)


if __name__ == "__main__":
    main()
