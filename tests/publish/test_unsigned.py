"""A ledger in which others record: what nobody signed is signed by the commands that are about it, or told."""

import errno
import re
import shutil
from pathlib import Path
from unittest.mock import Mock

import pytest

from ledger.cli import run
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.store.store import Store
from tests.conftest import ORIGIN, address, record_events
from tests.store.test_postgres import letters

ABOUT_WHAT_IS_SIGNED = {
    "publish": ["publish", "{here}/log"],
    "prove": ["prove", "#47", "-o", "{here}/proof"],
    "extract": ["prove", "--body", "kent", "-o", "{here}/extract"],
    "backup": ["backup", "{here}/backup"],
}


@pytest.fixture
def unsigned(ledger: Store) -> Store:
    """A ledger of which the last two entries are not signed."""
    assert run(["--ledger", address(ledger), "checkpoint", "sign"]) == 0
    record_events(ledger, *letters("one", "two"))
    return ledger


@pytest.mark.parametrize("command", ABOUT_WHAT_IS_SIGNED.values(), ids=ABOUT_WHAT_IS_SIGNED)
def test_what_is_new_is_signed_first_where_the_key_is(
    unsigned: Store, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--ledger", address(unsigned), *(arg.format(here=tmp_path) for arg in command)]) == 0
    assert "Warning" not in capsys.readouterr().err
    with unsigned.reading() as reader:
        assert [note.size for note in reader.checkpoints()][:1] == [48]


@pytest.mark.parametrize("command", ["publish", "backup"])
def test_how_much_is_not_signed_is_told_elsewhere(
    unsigned: Store, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.move(KeyRing(ORIGIN).folder, tmp_path / "elsewhere")
    for args in ([command, str(tmp_path / "there")], ["checkpoint", "print"]):
        assert run(["--ledger", address(unsigned), *args]) == 0
        assert re.fullmatch(
            r"Warning: the last 2 entries are not signed yet; run `force-ledger checkpoint sign` on the machine with "
            r"the log key\n",
            capsys.readouterr().err,
        )


def test_a_log_key_that_is_gone_is_told_by_whoever_records(
    unsigned: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ring = KeyRing(ORIGIN)
    shutil.move(ring.folder / f"{LOG_KEY}.key", tmp_path / "gone")
    letter = ["document", "register", "--type", "inspectorate-letter", "--title", "A letter", "--publisher", "HMICFRS"]
    assert run(["--ledger", address(unsigned), *letter, "--document", "three"]) == 0
    assert f"Warning: no checkpoint was signed: the log key is gone from {ring.folder}" in capsys.readouterr().err


def test_a_disk_on_which_no_checkpoint_can_be_written_is_told_as_full(
    unsigned: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "keys/checkpoint")
    monkeypatch.setattr("ledger.atomic.write", Mock(side_effect=full))
    letter = ["document", "register", "--type", "inspectorate-letter", "--title", "A letter", "--publisher", "HMICFRS"]
    assert run(["--ledger", address(unsigned), *letter, "--document", "three"]) == 0
    assert "no checkpoint was signed: there is no room left for keys/checkpoint; make room" in capsys.readouterr().err
