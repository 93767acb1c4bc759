"""What tests of readers share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.record.create import create_ledger
from ledger.store.store import Store
from tests.conftest import ORIGIN, now, record_yaml

PUBLIC = "2026-11-21"
"""On this day every document is public, so this clock changes no answer; but it is answered by replay."""
LETTER = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
   published: 2026-01-01}
"""
Ask = Callable[..., str]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """What a reader prints: the read model, and a replay, say the same but for the clocks. The batch comes first."""
    monkeypatch.chdir(tmp_path)
    create_ledger("ledger.db", origin=ORIGIN, clock=now)
    recorded: list[str] = []

    def printed(*words: str) -> str:
        capsys.readouterr()
        assert run([*words]) == 0
        return capsys.readouterr().out

    def do(batch: str, *words: str) -> str:
        if batch not in recorded:
            recorded.append(batch)
            with Store(tmp_path / "ledger.db") as ledger:
                record_yaml(ledger, LETTER + batch if len(recorded) == 1 else batch)
        if "--as-of" not in words and words[0] not in ("diff", "query"):
            words += ("--as-of", PUBLIC)
        told, replayed = printed(*words), ""
        if words[0] != "query" and "--public-at" not in words:
            replayed = printed(*words, "--public-at", PUBLIC)
            assert without_clocks(replayed) == without_clocks(told)
        return told

    return do


def without_clocks(printed: str) -> Any:
    try:
        document = json.loads(printed)
    except ValueError:
        return printed.partition("as of ")[0]
    clocks = ("public_at", "from")
    return {k: v for k, v in document.items() if k not in clocks} if isinstance(document, dict) else document
