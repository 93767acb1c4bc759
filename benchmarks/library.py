"""The same work as `append FILE`, as one would write it with the eventsourcing library as its documentation shows it:
facts from a file, each checked by its pydantic model, the invariants of a body in its aggregate, one Ed25519 signature
of a batch, and one leaf of a Merkle tree an event.

    python -m benchmarks.library FILE FOLDER [FACTS_AT_ONCE]
"""

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from events import latest

Fact = dict[str, Any]


class Body(Aggregate):
    """A body, with what its invariants need: which things are on record, which concerns and recommendations are open,
    whether it is in Engage."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.recorded: set[str] = set()
        self.concerns: dict[str, set[str]] = {}
        self.closed: set[str] = set()
        self.engaged = False

    @staticmethod
    def create_id(name: str) -> UUID:
        """The stream of a body."""
        return uuid5(NAMESPACE_URL, name)

    def tell(self, fact: Fact) -> None:
        """Take a fact in, unless an invariant forbids it."""
        kind, concern = fact["kind"], fact.get("concern")
        if (named := _named(fact)) in self.recorded:
            raise ValueError(f"{named} is on record")
        if kind.startswith("concern.") and (kind == "concern.issued") == (concern in self.concerns):
            raise ValueError(f"{kind}: {concern}")
        if kind == "concern.closed" and concern in self.closed:
            raise ValueError(f"{concern} is closed")
        if kind == "recommendation.closed" and not self.concerns[str(concern)] >= {*fact["recommendations"]}:
            raise ValueError(f"a recommendation of {concern} is not open")
        if kind == "monitoring.engaged" and self.engaged:
            raise ValueError(f"{self.name} is in Engage")
        if kind in ("monitoring.continued", "monitoring.returned") and not self.engaged:
            raise ValueError(f"{self.name} is not in Engage")
        self.take_in(fact)

    @event("TakenIn")
    def take_in(self, fact: Fact) -> None:
        """Update the state by a fact."""
        kind, concern = fact["kind"], str(fact.get("concern"))
        if named := _named(fact):
            self.recorded.add(named)
        if kind == "concern.issued":
            self.concerns[concern] = {item["id"] for item in fact["recommendations"]}
        elif kind == "recommendation.closed":
            self.concerns[concern] -= {*fact["recommendations"]}
        elif kind == "concern.closed":
            self.closed.add(concern)
        elif kind in ("monitoring.engaged", "monitoring.returned"):
            self.engaged = kind == "monitoring.engaged"


def _named(fact: Fact) -> str:
    """What is named by an id of its own, and so told only once."""
    names = ("document", "statement", "statistic", "finding", "review")
    of_its_own = fact["kind"] != "entry.corrected" and next((name for name in names if name in fact), None)
    return f"{of_its_own} {fact[of_its_own]}" if of_its_own else ""


def facts_of(file: Path) -> Iterator[Fact]:
    """The facts of a file, each as its model has read it."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            fact = json.loads(line)
            said = {name: value for name, value in fact.items() if name not in ("kind", "label")}
            yield {**latest(fact["kind"]).model_validate(said).data(), "kind": fact["kind"]}


def main(file: Path, folder: Path, at_once: int) -> None:
    """Record a file."""
    key, bodies = Ed25519PrivateKey.generate(), dict[str, Body]()
    tree = importlib.import_module("pymerkle").SqliteTree(str(folder / "tree.db"), algorithm="sha256")
    store = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "bodies.db")}
    signatures = (folder / "signatures").open("ab")
    with closing(Application[UUID](store)) as application, signatures:
        read = facts_of(file)
        while facts := [*islice(read, at_once)]:
            touched = {}
            for fact in facts:
                name = str(fact.get("body", fact.get("stream", "record")))
                body = touched[name] = bodies.get(name) or bodies.setdefault(name, Body(name))
                body.tell(fact)
            leaves = [json.dumps(fact).encode() for fact in facts]
            signatures.write(key.sign(sha256(b"".join(leaves)).digest()))
            application.save(*touched.values())
            tree.append_entries(leaves, chunksize=at_once)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 10_000)
