"""Golden files: what ledgers out there hold is read, and written again to the same bytes, for ever."""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import rfc8785

from events import Entry, canonical
from events.event import REGISTER, latest, restore
from ledger import rules
from ledger.log.tree import leaf_hash, root_of
from tests.support import golden as golden_write
from tests.support.golden import FOLDER, ORIGIN

EXCLUSIVE = {"recommendation.closed": {"number", "still_open"}, "monitoring.returned": {"reason"}}
"""Fields that cannot be filled beside the others."""

files = sorted(FOLDER.glob("*@*.json"))
each_file = pytest.mark.parametrize("file", files, ids=lambda file: file.stem)


def _known_ids() -> list[tuple[str, str]]:
    return [(line.split()[0], line.split()[1]) for line in (FOLDER / "event-ids.txt").read_text("ascii").splitlines()]


def test_every_kind_and_version_has_a_golden_file() -> None:
    names = {f"{kind}@{version}.json" for kind, version in REGISTER}
    assert names == {file.name for file in files}, "run `python -m tests.support.golden`, and read what it wrote"


@each_file
def test_a_golden_file_is_written_again_to_the_same_bytes(file: Path) -> None:
    data = file.read_bytes()
    said = canonical.decode(data)
    class_ = REGISTER[said["kind"], said["version"]]
    assert golden_write.bytes_of(class_.model_validate(said["data"])) == data
    assert file.stem == f"{said['kind']}@{said['version']}"


@each_file
def test_a_golden_file_is_restored_as_the_latest_version(file: Path) -> None:
    said = canonical.decode(file.read_bytes())
    assert type(restore(**{name: said[name] for name in ("kind", "version", "data")})) is latest(said["kind"])


@each_file
def test_a_golden_file_has_its_event_id_on_paper(file: Path) -> None:
    said = canonical.decode(file.read_bytes())
    event = REGISTER[said["kind"], said["version"]].model_validate(said["data"])
    payload: dict[str, Any] = {name: said[name] for name in ("ledger", "kind", "version")} | {"matter": event.matter}
    if said["kind"].startswith(("ledger.", "recorder.")):
        payload["data"] = said["data"]
    else:
        salted = b"\x02" + golden_write.SALT + rfc8785.dumps(said["data"])
        payload["commitment"] = b64encode(sha256(salted).digest()).decode()
    if said["kind"].startswith("entry."):
        cited = [citation["document"] for citation in said["data"]["documents"]]
        payload["amends"] = {"target": said["data"]["target"], "documents": cited}
        if name := said["data"].get("type") or said["data"].get("ground"):
            payload["amends"]["type"] = name
    id = sha256(rfc8785.dumps(payload)).hexdigest()
    assert golden_write.event_id(file.read_bytes()) == id == dict(_known_ids())[file.stem]


@each_file
def test_an_entry_is_read_as_it_was_written(file: Path) -> None:
    said = canonical.decode(file.read_bytes())
    event = REGISTER[said["kind"], said["version"]].model_validate(said["data"])
    draft = Entry.unwritten(
        event, ledger=ORIGIN, position=3, sequence=1, recorded_at=datetime(2026, 11, 21, tzinfo=UTC), recorded_by="x"
    )
    written = draft.written({"first": 3, "size": 1, "rules": 1})
    read = Entry.read(3, written.envelope, written.salted)
    read.check_commitment()
    assert (read.event_id, read.topic, read.amends) == (written.event_id, file.stem, event.amends())
    assert canonical.decode(written.data) == said["data"]
    assert read.content == restore(**{name: said[name] for name in ("kind", "version", "data")})
    if written.salted is not None:
        gone = Entry.read(3, written.envelope, None)
        assert (gone.is_withheld, gone.event_id, gone.matter) == (True, read.event_id, read.matter)
        assert set(gone.refers_to()) <= set(read.refers_to())


def test_every_event_id_on_paper_is_that_of_one_file() -> None:
    names = [name for name, _ in _known_ids()]
    assert sorted(names) == [file.stem for file in files]


@each_file
def test_a_golden_file_fills_every_field(file: Path) -> None:
    said = canonical.decode(file.read_bytes())
    class_ = REGISTER[said["kind"], said["version"]]
    missing = set(class_.model_fields) - set(said["data"]) - {"not_stated"}
    assert missing == EXCLUSIVE.get(said["kind"], set())


def test_writing_golden_files_adds_what_is_missing_and_changes_nothing(tmp_path: Path) -> None:
    folder = copytree(FOLDER, tmp_path / "golden")
    assert golden_write.write(folder) == []
    (folder / "recorder.revoked@1.json").unlink()
    (folder / "body.registered@1.json").write_bytes(b"left alone")
    assert golden_write.write(folder) == ["recorder.revoked@1.json"]
    assert (folder / "body.registered@1.json").read_bytes() == b"left alone"
    assert (folder / "recorder.revoked@1.json").read_bytes() == (FOLDER / "recorder.revoked@1.json").read_bytes()


def test_a_kind_without_a_sample_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(golden_write.SAMPLES, "body.renamed")
    with pytest.raises(KeyError, match=r"body\.renamed"):
        golden_write.missing(tmp_path)


def test_signed_submissions_are_the_same_bytes_and_root_as_ever(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "RULES", 1)  # as it was when these were written
    entries, root = golden_write.submissions(place)
    assert b"".join(entry.envelope + b"\n" for entry in entries) == (FOLDER / "submissions.jsonl").read_bytes()
    salted = [(entry.salted or b"").hex() for entry in entries]
    assert salted == (FOLDER / "submissions.data").read_text("ascii").splitlines()
    assert root.hex() == (FOLDER / "submissions.root").read_text("ascii").strip()


def test_golden_entries_are_read_and_have_the_golden_root() -> None:
    lines = (FOLDER / "submissions.jsonl").read_bytes().splitlines()
    salted = [bytes.fromhex(line) or None for line in (FOLDER / "submissions.data").read_text("ascii").splitlines()]
    read = [Entry.read(n, *stored) for n, stored in enumerate(zip(lines, salted, strict=True))]
    assert [(entry.kind, entry.matter, entry.sequence, entry.submission["first"]) for entry in read] == [
        ("ledger.opened", "ledger", 0, 0),
        ("recorder.authorised", f"recorder/{golden_write.KEEPER.verifier.id}", 0, 0),
        ("body.registered", "body/west-midlands", 0, 2),
        ("document.registered", "document/report-2023", 0, 2),
    ]
    assert root_of(map(leaf_hash, lines)).hex() == (FOLDER / "submissions.root").read_text("ascii").strip()
    assert all(canonical.encode(canonical.decode(line)) == line for line in lines)
