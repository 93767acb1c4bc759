"""The published log: what is written when, what is not, and that it verifies wherever the writing stopped.

Whether it verifies is asked of the plainest reader that there is: all bundles, the tree of RFC 6962 as it is defined.
"""

import os
import shutil
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.audit.sign import sign
from ledger.audit.verify import AuditOptions, audit_published
from ledger.errors import NotFound, NotVerified, Refused, RolledBack
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.key import Signer, Verifier
from ledger.log.tiles import DATA, ENTRIES, Tile, decode_bundle, tiles_of
from ledger.publish.publish import Published, publish
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.replay import log_keys
from ledger.replicate.copy import copy
from ledger.store.store import Store
from tests.conftest import ORIGIN, record_yaml
from tests.publish.test_checkpoints import add, changed
from tests.record.test_record import mth
from tests.support.crashing import stops


def bundles(folder: Path, size: int, level: int = ENTRIES) -> list[bytes]:
    """All entries that a published log of a size holds, or all their data."""
    tiles = (tile for tile in tiles_of(size) if tile.level == level)
    return [entry for tile in tiles for entry in decode_bundle((folder / tile.path).read_bytes(), tile.width)]


def verified(folder: Path, ledger: Store) -> int:
    """The size of the log in a folder, which has all the files of that size, and the root that its log signed."""
    with ledger.reading() as reader:
        note = SignedCheckpoint.parse((folder / "checkpoint").read_bytes())
        note.verify(log_keys(reader))
    size = note.size
    leaves: list[bytes] = []
    for position, entry in enumerate(bundles(folder, size)):
        leaves.append(sha256(b"\x00" + entry).digest())
        tile = Tile(0, position // 256, min(256, size - position // 256 * 256))
        assert (folder / tile.path).read_bytes()[position % 256 * 32 :][:32] == leaves[-1]
    assert tree_of(leaves) == note.checkpoint.root
    if size >= 256:
        assert (folder / "tile/1/000.p" / str(size // 256)).read_bytes()[:32] == tree_of(leaves[:256])
    return size


def tree_of(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes, by definition."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + tree_of(leaves[:k]) + tree_of(leaves[k:])).digest()


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder that is published, by its path."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def signed(ledger: Store, folder: Path) -> Published:
    """Publish what there is, signed."""
    sign(ledger, KeyRing(ORIGIN))
    return publish(ledger, folder)


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """Where the log is published."""
    return tmp_path / "public"


def test_a_log_is_published_as_it_grows(ledger: Store, public: Path, tmp_path: Path) -> None:
    for names in ([], ["a"], [f"b{n}" for n in range(209)], ["c"], [f"d{n}" for n in range(300)]):
        if names:
            add(ledger, *names)
        done = signed(ledger, public)
        assert verified(public, ledger) == done.checkpoint.size
        whole = publish(ledger, tmp_path / f"whole-{done.checkpoint.size}")
        fresh = files(tmp_path / f"whole-{whole.checkpoint.size}")
        here = files(public)
        assert fresh.items() <= here.items()
        assert all(".p/" in path and path.rpartition(".p/")[0] not in here for path in here.keys() - fresh.keys())
    assert sorted(fresh) == [
        "checkpoint", "data/000", "data/001", "data/002.p/45",
        "tile/0/000", "tile/0/001", "tile/0/002.p/45", "tile/1/000.p/2",
        "tile/entries/000", "tile/entries/001", "tile/entries/002.p/45",
    ]  # fmt: skip


def test_what_is_there_is_not_written_again(ledger: Store, public: Path) -> None:
    add(ledger, *(f"a{n}" for n in range(300)))
    first = signed(ledger, public)
    assert (first.written, first.removed) == (8, 0)
    before = {path: path.stat().st_mtime_ns for path in public.rglob("*") if path.is_file()}
    assert publish(ledger, public).written == 0
    assert publish(ledger, public, full=True).written == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    add(ledger, "b")
    assert signed(ledger, public).written == 4  # data, bundle, leaves, checkpoint; level 1 is as it was


def test_how_many_files_are_done_is_told(ledger: Store, public: Path) -> None:
    add(ledger, *(f"n-{number}" for number in range(600)))
    sign(ledger, KeyRing(ORIGIN))
    heard: list[tuple[int, int]] = []
    done = publish(ledger, public, tell=lambda *told: heard.append(told))
    assert heard == [(number, done.written - 1) for number in range(1, done.written)], "all but the checkpoint"


def test_tiles_that_were_not_full_go_when_the_full_one_has_come(ledger: Store, public: Path) -> None:
    signed(ledger, public)
    add(ledger, *(f"a{n}" for n in range(209)))
    assert signed(ledger, public).removed == 0
    add(ledger, "b")
    assert signed(ledger, public).removed == 6
    assert sorted(files(public)) == ["checkpoint", "data/000", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"]


def test_a_cosignature_that_has_come_is_published(ledger: Store, public: Path) -> None:
    note = sign(ledger, KeyRing(ORIGIN))
    publish(ledger, public)
    witness = Signer("w.example.net", bytes(32))
    with ledger.writing() as writer:
        writer.keep_checkpoint(note.with_signatures(note.cosign(witness, 1)))
    assert publish(ledger, public).written == 1
    note = SignedCheckpoint.parse((public / "checkpoint").read_bytes())
    assert witness.cosigner in note.verify([witness.cosigner, *keys(ledger)])


def keys(ledger: Store) -> list[Verifier]:
    """The keys of the log."""
    with ledger.reading() as reader:
        return log_keys(reader)


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_web_server_may_read_it_whatever_the_umask(ledger: Store, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        signed(ledger, tmp_path / "www" / "log")
    finally:
        os.umask(before)
    for path in (tmp_path / "www").rglob("*"):
        expected = 0o755 if path.is_dir() else 0o600 if path.name == ".lock" else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == expected


def test_wherever_publishing_stops_the_folder_holds_a_log_that_verifies(
    ledger: Store, public: Path, tmp_path: Path
) -> None:
    add(ledger, *(f"a{n}" for n in range(200)))
    old = signed(ledger, public).checkpoint.size
    shutil.copytree(public, tmp_path / "old")
    add(ledger, *(f"b{n}" for n in range(20)))
    sign(ledger, KeyRing(ORIGIN))
    new = publish(ledger, tmp_path / "whole").checkpoint.size
    sizes = []
    for _ in stops(lambda: publish(ledger, public)):
        sizes.append(verified(public, ledger))
        again = shutil.copytree(public, tmp_path / f"again-{len(sizes)}")
        publish(ledger, again)
        assert files(again) == files(tmp_path / "whole")
        shutil.rmtree(public)
        shutil.copytree(tmp_path / "old", public)
    assert files(public) == files(tmp_path / "whole")
    assert sizes == sorted(sizes)
    assert set(sizes) == {old, new}


def test_what_was_never_published_is_either_there_or_not(ledger: Store, public: Path) -> None:
    sign(ledger, KeyRing(ORIGIN))
    for _ in stops(lambda: publish(ledger, public)):
        assert not (public / "checkpoint").exists() or verified(public, ledger) == 46
        shutil.rmtree(public, ignore_errors=True)
    assert verified(public, ledger) == 46


# What was withheld

SECRET = "quillfeather"
SAID = f"""
- {{kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}}
- kind: statement.made
  body: kent
  statement: s-1
  stance: comments
  decided_by: force
  title: {SECRET}
  effective: 2024-05-01
  documents: [letter]
"""
RETRACTED = "- {{kind: entry.retracted, target: '#{n}', reason: It named somebody.}}"
WITHHELD = "- {{kind: entry.withheld, target: '#{n}', ground: personal-data, reason: A name.}}"


@pytest.fixture
def said(ledger: Store, public: Path) -> int:
    """The position of an entry that was published, retracted, and is now withheld; not yet signed."""
    position = record_yaml(ledger, SAID).appended[-1].position
    for name in ("a", "b"):
        signed(ledger, public)
        add(ledger, name)
    record_yaml(ledger, RETRACTED.format(n=position))
    signed(ledger, public)
    record_yaml(ledger, WITHHELD.format(n=position))
    assert len([path for path, data in files(public).items() if SECRET.encode() in data]) == 3
    return position


def test_what_was_withheld_goes_from_every_file(ledger: Store, public: Path, said: int) -> None:
    signed(ledger, public)
    assert [path for path, data in files(public).items() if SECRET.encode() in data] == []
    size = verified(public, ledger)
    assert bundles(public, size, DATA)[said] == b""


@pytest.mark.parametrize("more", [0, 300])
def test_nothing_else_is_withheld_with_it(ledger: Store, public: Path, said: int, more: int) -> None:
    before, data = bundles(public, said + 4), bundles(public, said + 4, DATA)
    if more:
        add(ledger, *(f"c{n}" for n in range(more)))
    size = signed(ledger, public).checkpoint.size
    assert bundles(public, size)[: said + 4] == before, "the log itself never changes"
    after = bundles(public, size, DATA)
    assert [n for n, salted in enumerate(data) if after[n] != salted] == [said]
    assert publish(ledger, public, full=True).written == 0


def test_wherever_that_stops_it_verifies_and_publishing_again_withholds(
    ledger: Store, public: Path, said: int, tmp_path: Path
) -> None:
    old = shutil.copytree(public, tmp_path / "old")
    sign(ledger, KeyRing(ORIGIN))
    for step in stops(lambda: publish(ledger, public)):
        verified(public, ledger)
        again = shutil.copytree(public, tmp_path / f"again-{step}")
        publish(ledger, again)
        assert [path for path, data in files(again).items() if SECRET.encode() in data] == []
        shutil.rmtree(public)
        shutil.copytree(old, public)


def test_an_audit_meanwhile_notes_what_is_not_removed_yet(ledger: Store, public: Path) -> None:
    said = record_yaml(ledger, SAID).appended[-1].position
    add(ledger, *(f"c{n}" for n in range(256)))  # so that the file in data/ is full, and keeps its name
    retracted = record_yaml(ledger, RETRACTED.format(n=said)).appended[-1].position
    signed(ledger, public)
    record_yaml(ledger, WITHHELD.format(n=said))
    sign(ledger, KeyRing(ORIGIN))
    noted = []

    def note() -> None:
        report = audit_published(public, AuditOptions())
        assert report.ok
        noted.extend(report.checks["withheld"].notes)

    for _ in stops(lambda: publish(ledger, public)):
        note()
    here = f"#{said}: #{retracted + 1} withholds its data, and they are here: if that stays so, publish again"
    assert set(noted) == {here}
    note()
    assert noted[-1] == f"#{said} is withheld (#{retracted + 1}), and was not read"


def test_it_is_not_withheld_before_the_log_says_so(ledger: Store, public: Path, said: int) -> None:
    before = files(public)
    with pytest.raises(Refused, match=rf"#{said + 4} withholds an entry, and no checkpoint has it yet"):
        publish(ledger, public)
    assert files(public) == before


# What is refused


def test_nothing_is_published_before_it_is_signed(ledger: Store, public: Path) -> None:
    with pytest.raises(NotFound, match="no checkpoint has been signed"):
        publish(ledger, public)


def test_the_folder_of_another_log_is_left_alone(ledger: Store, public: Path, tmp_path: Path) -> None:
    create_ledger(tmp_path / "other.db", origin="example.org/other")
    with Store(tmp_path / "other.db") as other:
        sign(other, KeyRing("example.org/other"))
        publish(other, public)
    before = files(public)
    with pytest.raises(Refused, match=r"is not of this log, example\.org/test-ledger: .*; publish to another folder"):
        signed(ledger, public)
    assert files(public) == before


@pytest.mark.parametrize("data", [b"", b"nonsense", b"a\n1\n\n\xe2\x80\x94 a b\n"])
def test_a_checkpoint_that_is_none_is_left_alone(ledger: Store, public: Path, data: bytes) -> None:
    public.mkdir()
    (public / "checkpoint").write_bytes(data)
    with pytest.raises(Refused, match="is not of this log"):
        signed(ledger, public)
    assert files(public) == {"checkpoint": data}


def test_a_rolled_back_ledger_is_not_published_over_a_newer_one(ledger: Store, public: Path, tmp_path: Path) -> None:
    sign(ledger, KeyRing(ORIGIN))
    with Store.create(tmp_path / "backup.db") as backup, ledger.reading() as reader:
        copy(reader, backup)
    add(ledger, "a")
    signed(ledger, public)
    before = files(public)
    with (
        Store(tmp_path / "backup.db") as backup,
        pytest.raises(RolledBack, match="is of 47 entries, and 46 are signed"),
    ):
        publish(backup, public)
    assert files(public) == before


def test_another_history_is_not_continued(ledger: Store, public: Path) -> None:
    signed(ledger, public)
    lie = Checkpoint(ORIGIN, 46, bytes(32)).sign(KeyRing(ORIGIN).read("log"))
    (public / "checkpoint").write_bytes(lie.to_bytes())
    with pytest.raises(NotVerified, match="is of another history of this log"):
        publish(ledger, public)


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"])
@pytest.mark.parametrize("cut", [False, True])
def test_a_tile_that_was_changed_is_not_replaced(ledger: Store, public: Path, path: str, cut: bool) -> None:
    add(ledger, *(f"a{n}" for n in range(300)))
    signed(ledger, public)
    data = (public / path).read_bytes()
    changed_tile = data[:-1] if cut else data[:-1] + bytes([data[-1] ^ 1])
    (public / path).write_bytes(changed_tile)
    with pytest.raises(NotVerified, match=f"{path} is not what the ledger has"):
        publish(ledger, public, full=True)
    assert (public / path).read_bytes() == changed_tile


def test_a_tile_that_is_missing_is_told_and_written_in_full(ledger: Store, public: Path) -> None:
    add(ledger, *(f"a{n}" for n in range(300)))
    signed(ledger, public)
    (public / "tile/0/001.p/90").unlink()
    with pytest.raises(NotVerified, match=r"is not whole: .*publish --full"):
        publish(ledger, public)
    publish(ledger, public, full=True)
    assert verified(public, ledger) == 346


@pytest.mark.in_a_file
@pytest.mark.parametrize("change", ["x'7b7d' WHERE position = 3", "x'7b7d' WHERE position = 300"])
def test_what_does_not_add_up_in_the_ledger_is_not_published(ledger: Store, public: Path, change: str) -> None:
    add(ledger, *(f"a{n}" for n in range(300)))
    sign(ledger, KeyRing(ORIGIN))
    changed(ledger, f"UPDATE entries SET entry = {change}")
    with pytest.raises(NotVerified):
        publish(ledger, public)
    assert not (public / "checkpoint").exists()


def test_the_tree_of_the_oracle_is_that_of_the_tests() -> None:
    entries = [b"%d" % n for n in range(7)]
    assert tree_of([sha256(b"\x00" + entry).digest() for entry in entries]) == mth(entries)
