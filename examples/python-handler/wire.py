"""Records on the wire: Avro as the schema registry's clients write it."""

import io
import json
import struct
import time
import urllib.error
import urllib.request

import fastavro

# What the contract calls magic byte, and the schema's id.
PREFIX = struct.Struct(">bI")
ID_BYTES = 16


class Poison(Exception):
    """Bytes that are no record, now and for ever."""


def check(record: object, fields: dict[str, type]) -> None:
    """Poison when a record is not one with these fields, as one of another topic's would be."""
    if not isinstance(record, dict):
        raise Poison(f"no record but {type(record).__name__}")
    for name, kind in fields.items():
        if type(record.get(name)) is not kind:
            raise Poison(f"{name} is {record.get(name)!r}")
    if len(record["id"]) != ID_BYTES:
        raise Poison(f"an id of {len(record['id'])} bytes")


class Registry:
    """Schemas by id, and the newest one of each topic."""

    def __init__(self, url: str):
        self._url = url.rstrip("/")
        self._by_id: dict[int, dict] = {}
        self._newest: dict[str, tuple[int, dict]] = {}

    def decode(self, payload: bytes | None) -> dict:
        """The record in a payload. Poison when there is none."""
        if payload is None or len(payload) < PREFIX.size:
            raise Poison("too short for a magic byte and a schema id")
        magic, schema_id = PREFIX.unpack_from(payload)
        if magic != 0:
            raise Poison(f"the magic byte is {magic}")
        body = io.BytesIO(payload[PREFIX.size :])
        try:
            record = fastavro.schemaless_reader(body, self._schema(schema_id))
        except (EOFError, IndexError, ValueError, UnicodeDecodeError, MemoryError, OverflowError, StopIteration) as error:
            raise Poison(f"no record of schema {schema_id}: {error}") from error
        if body.read(1):
            raise Poison(f"bytes are left behind the record of schema {schema_id}")
        return record

    def encode(self, topic: str, record: dict) -> bytes:
        """A record as bytes for a topic."""
        if topic not in self._newest:
            found = self._get(f"/subjects/{topic}-value/versions/latest")
            self._newest[topic] = (found["id"], fastavro.parse_schema(json.loads(found["schema"])))
        schema_id, schema = self._newest[topic]
        body = io.BytesIO(PREFIX.pack(0, schema_id))
        body.seek(0, io.SEEK_END)
        fastavro.schemaless_writer(body, schema, record)
        return body.getvalue()

    def _schema(self, schema_id: int) -> dict:
        if schema_id not in self._by_id:
            try:
                found = self._get(f"/schemas/ids/{schema_id}")
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    raise Poison(f"schema {schema_id} is unknown") from error
                raise
            self._by_id[schema_id] = fastavro.parse_schema(json.loads(found["schema"]))
        return self._by_id[schema_id]

    def _get(self, path: str) -> dict:
        """Asks until there is an answer: a registry that is away comes back."""
        while True:
            try:
                with urllib.request.urlopen(self._url + path, timeout=3) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise
                print(f"the registry answers {error.code}; asking again", flush=True)
            except OSError as error:
                print(f"the registry at {self._url} does not answer ({error}); asking again", flush=True)
            time.sleep(1)
