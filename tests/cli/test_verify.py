"""verify as an auditor calls it: a ledger, a published log, a proof; and the checkpoint beside the keys."""

import json
from pathlib import Path

import pytest

from ledger.cli import run

BATCH = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}
- {kind: concern.announced, body: kent, concern: custody, title: Custody, effective: 2024-01-01, documents: [letter]}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a ledger of some entries, to be in."""
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("batch.yaml").write_text(BATCH, "utf-8")
    assert run(["init", "--origin", "example.org/verify"]) == 0
    assert run(["append", "batch.yaml"]) == 0
    capsys.readouterr()
    return tmp_path


def vkey(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["checkpoint", "vkey"]) == 0
    return capsys.readouterr().out.strip()


@pytest.mark.usefixtures("home")
def test_a_ledger_and_what_was_published_of_it_are_verified_alike(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["publish", "log"]) == 0
    capsys.readouterr()
    assert run(["verify", "--json"]) == 0
    of_ledger = json.loads(capsys.readouterr().out)
    assert run(["verify", "log", "--json", "--log-key", vkey(capsys)]) == 0
    of_log = json.loads(capsys.readouterr().out)
    assert (of_log["size"], of_log["root"]) == (of_ledger["size"], of_ledger["root"])
    assert {check["name"] for check in of_log["checks"]} >= {"rules", "signatures", "stored", "checkpoints", "policy"}


@pytest.mark.usefixtures("home")
def test_every_changed_file_of_a_published_log_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["publish", "log"]) == 0
    files = [path for path in sorted(Path("log").rglob("*")) if path.is_file() and path.name != ".lock"]
    assert len(files) == 4
    for path in files:
        whole = path.read_bytes()
        for at in range(0, len(whole), max(len(whole) // 40, 1)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert run(["verify", "log"]) == 5, (path, at)
        path.write_bytes(whole[:-1])
        assert run(["verify", "log"]) == 5
        path.unlink()
        assert run(["verify", "log"]) in (5, 6)
        path.write_bytes(whole)
    capsys.readouterr()
    assert run(["verify", "log"]) == 0


@pytest.mark.usefixtures("home")
def test_a_proof_is_verified_without_a_ledger(capsys: pytest.CaptureFixture[str]) -> None:
    key = vkey(capsys)
    assert run(["prove", "#47", "-o", "entry.json"]) == 0
    Path("ledger.db").unlink()
    capsys.readouterr()
    assert run(["verify", "entry.json", "--log-key", key, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"]
    assert any(finding.startswith("#47 concern.announced in kent/concern/custody") for finding in shown["shows"])
    assert run(["verify", "entry.json"]) == 2
    assert "Say whose checkpoints you trust" in capsys.readouterr().err
    Path("entry.json").write_bytes(Path("entry.json").read_bytes()[:-3])
    assert run(["verify", "entry.json", "--log-key", key]) == 5


@pytest.mark.usefixtures("home")
def test_a_ledger_that_was_rolled_back_is_known_by_what_was_signed(capsys: pytest.CaptureFixture[str]) -> None:
    backup = Path("ledger.db").read_bytes()
    Path("more.yaml").write_text(
        BATCH.replace("custody", "evidence").replace(" letter", " other").replace("[letter", "[other"), "utf-8"
    )
    assert run(["append", "more.yaml"]) == 0
    Path("ledger.db").write_bytes(backup)
    capsys.readouterr()
    assert run(["verify"]) == 5
    assert "the end was cut off, or rolled back" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_a_log_key_that_is_not_the_ledgers_is_no_reason_to_believe_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = vkey(capsys)
    assert run(["verify", "--log-key", own]) == 0
    assert run(["--ledger", "other.db", "init", "--origin", "example.org/other"]) == 0
    capsys.readouterr()
    assert run(["--ledger", "other.db", "checkpoint", "vkey"]) == 0
    other = capsys.readouterr().out.strip()
    assert run(["verify", "--log-key", other]) == 5
    assert "policy" in capsys.readouterr().out
