"""A ledger in whose history everything happened that can happen to keys and to entries, made with commands as people
make one; it has more than one tile of entries."""

from contextlib import chdir, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from ledger.cli import run
from ledger.record import clock

REASON = ("--reason", "A slip.")


class Eventful(NamedTuple):
    """The ledger, its keys, and two published logs: one written at once, and one that was brought up to date."""

    folder: Path
    log_key: str

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def published(self) -> tuple[Path, Path]:
        return self.folder / "at-once", self.folder / "again"


def told(command: str, *more: str) -> str:
    """What a command prints; it succeeds."""
    with redirect_stdout(StringIO()) as out:
        assert run([*command.split(), *more]) == 0, command
    return out.getvalue()


def build(folder: Path) -> Eventful:
    """Write the ledger in a folder. The environment names the keys."""
    with chdir(folder):
        told("init --origin example.org/eventful --empty")
        for name in "clerk", "reviewer":
            key = told(f"keys create {name}").split()[0]
            told(f"keys authorise {key} --role {name} --name Office --sign-as keeper")
        Path("many.yaml").write_text("".join(map(_registered, range(300))), "utf-8")
        told("append many.yaml --sign-as clerk")  # 4 to 303
        told("publish again")
        _amend()
        _change_keys()
        told("publish again")
        told("publish at-once")
        return Eventful(folder, told("checkpoint vkey").strip())


def _amend() -> None:
    told("retract #10 --sign-as clerk", *REASON)
    told("retract #304 --sign-as clerk", *REASON)  # of the retraction
    told("correct #11 title=Other --type recording-error --sign-as clerk", *REASON)
    told("correct #306 title=Another --type conflict-resolved --document d9 --sign-as clerk", *REASON)
    told("retract #307 --sign-as clerk", *REASON)
    told("contradict #12 --document d9 --claim Not-so --sign-as clerk")
    told("corroborate #12 --document d10 --sign-as clerk")
    told("retract #309 --sign-as clerk", *REASON)
    told("withhold #309 --ground court-order --yes --sign-as keeper", *REASON)
    told("redact #13 title=Nobody --ground personal-data --yes --sign-as keeper", *REASON)  # 313, 314
    with patch.object(clock, "utc_now", lambda: datetime.now(UTC) + timedelta(hours=1)):
        told("corroborate #14 --document d10 --sign-as keeper")
    told("clock correct --sign-as keeper", *REASON)


def _change_keys() -> None:
    told("keys rotate clerk --sign-as clerk")
    told("keys rotate --log --sign-as keeper")
    told("policy set --four-eyes document --four-eyes ledger --sign-as keeper", *REASON)
    told("keys rotate reviewer --sign-as reviewer")
    Path("one.yaml").write_text(_registered(999), "utf-8")
    told("approve one.yaml --sign-as reviewer -o approval")
    told("append one.yaml --approval approval --sign-as clerk")
    told("keys recover saviour", *REASON)  # 324
    told("keys rotate keeper --sign-as keeper")


def _registered(number: int) -> str:
    return f"- {{kind: document.registered, document: d{number}, type: dataset, title: T{number}, publisher: N}}\n"
