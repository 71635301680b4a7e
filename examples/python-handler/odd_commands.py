"""Sends commands that a handler has to answer or to leave out, whatever is in them: this is how one finds out that a handler of one's own does.

    KAFKA_BROKERS=localhost:19092 SCHEMA_REGISTRY_URL=http://localhost:18081/apis/ccompat/v7 examples/python-handler/.venv/bin/python examples/python-handler/odd_commands.py
"""

import os
import sys
import uuid

from confluent_kafka import Producer

from wire import Registry

CREATIONS, TRANSFERS = "confirm_account_creation", "confirm_money_transfer"


def main() -> None:
    registry = Registry(os.environ["SCHEMA_REGISTRY_URL"])
    creation = {"id": uuid.uuid4().bytes, "a_type": "AUTO"}
    transfer = {"id": uuid.uuid4().bytes, "token": "\0", "amount": 1, "from": "\0", "to": "\0", "description": "\0"}
    readable = registry.encode(TRANSFERS, transfer)
    commands = [
        # Answered: from is invalid.
        (TRANSFERS, readable),
        # Left out: records of the other topic, cut short, too long, without a schema, nothing.
        (TRANSFERS, registry.encode(CREATIONS, creation)),
        (CREATIONS, readable),
        (TRANSFERS, readable[:-3]),
        (TRANSFERS, readable + b"more"),
        (TRANSFERS, b"\0\xff\xff\xff\xff" + readable[5:]),
        (TRANSFERS, b""),
        (CREATIONS, None),
    ]
    lost = []
    producer = Producer({"bootstrap.servers": os.environ["KAFKA_BROKERS"]})
    for topic, value in commands:
        producer.produce(topic, value, "odd", on_delivery=lambda error, _: lost.append(error) if error else None)
    left = producer.flush(30)
    if left or lost:
        sys.exit(f"{left + len(lost)} of {len(commands)} commands did not reach Kafka: {lost}")
    print(f"{len(commands)} odd commands are sent")


if __name__ == "__main__":
    main()
