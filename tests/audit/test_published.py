"""The audit of a published log: what a folder may lack and still be whole, and what changes while it is read."""

import shutil
from pathlib import Path

import pytest

from ledger.audit.sign import sign
from ledger.audit.verify import AuditOptions, audit_published
from ledger.publish.publish import publish
from ledger.record.keys import KeyRing
from ledger.replicate.copy import copy, open_or_create
from ledger.replicate.snapshot import Folder
from ledger.replicate.source import PublishedSource
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from tests.audit.forging import found
from tests.conftest import ORIGIN
from tests.publish.test_checkpoints import add
from tests.publish.test_publish import public, said, signed

__all__ = ["public", "said"]
pytestmark = pytest.mark.in_a_file


def audited(folder: Path) -> dict[str, list[int]]:
    """What the audit of a folder finds."""
    return found(audit_published(folder, AuditOptions()))


def test_a_full_tile_serves_for_a_partial_one(ledger: Store, public: Path, tmp_path: Path) -> None:
    """As for Go's client and for `follow`: another size may be published at any moment."""
    add(ledger, *(f"a{n}" for n in range(200)))
    signed(ledger, public)
    shutil.copytree(public, tmp_path / "before")
    add(ledger, *(f"b{n}" for n in range(20)))
    signed(ledger, public)
    mixed = tmp_path / "before"
    for name in ("tile/0/000", "tile/entries/000"):
        shutil.rmtree(mixed / f"{name}.p")
        shutil.copy(public / name, mixed / name)
    assert not list(mixed.glob("tile/[0e]*/*.p"))
    assert audited(mixed) == {}
    source = PublishedSource(Folder(mixed))
    with source.snapshot() as snapshot, open_or_create(SQLiteFile(tmp_path / "copy.db")) as target:
        assert copy(snapshot, target).size == 246
    with Store(tmp_path / "copy.db") as older:
        publish(older, mixed)
    assert audited(mixed) == {}


def test_what_is_published_meanwhile_raises_no_alarm(ledger: Store, public: Path, said: int) -> None:
    sign(ledger, KeyRing(ORIGIN))
    published: list[int] = []

    def meanwhile(done: int, size: int) -> None:
        if done == 10 and len(published) < 2:
            add(ledger, f"meanwhile-{len(published)}")
            published.append(signed(ledger, public).checkpoint.size)

    report = audit_published(public, AuditOptions(), meanwhile)
    assert found(report) == {}
    assert len(published) == 2
    assert report.size in published


def test_what_is_wrong_stays_wrong(ledger: Store, public: Path) -> None:
    signed(ledger, public)
    tile = public / "tile/0/000.p/46"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert audited(public) == {"stored": [0]}
