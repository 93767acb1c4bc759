"""doctor names what is wrong, with a remedy; its exit code says whether anything is."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ledger.cli import run
from ledger.readmodel.place import model_beside
from tests.conftest import Told

pytestmark = pytest.mark.in_a_file


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs doctor in a folder with a ledger and its keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    monkeypatch.setenv("FORCE_LEDGER_KEYS", "keys")
    assert run(["init", "--origin", "ledger.example.org/wm", "--empty"]) == 0

    def do(*args: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return run(["doctor", *args]), *capsys.readouterr()

    return do


def test_nothing_is_wrong_after_init(doctor: Told) -> None:
    code, out, _ = doctor()
    assert (code, out.splitlines()[-1]) == (0, "Nothing is wrong.")
    for said in ("ledger: ledger.db (default)", "keys: keys (FORCE_LEDGER_KEYS)", "keeper since #1", "GB are free"):
        assert said in out


def _another_events(folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "events").mkdir()
    patch.setattr("ledger.cli.doctor.find_spec", lambda name: _spec(folder / name))


def _spec(folder: Path) -> Any:
    return SimpleNamespace(submodule_search_locations=[str(folder)])


def _damaged_model(folder: Path, patch: pytest.MonkeyPatch) -> None:
    model_beside(folder / "ledger.db").write_bytes(b"no database" * 100)


def _ahead(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("ledger.cli.doctor.is_ahead", lambda moment: moment > datetime.now(UTC) - timedelta(hours=1))


def _older(folder: Path, patch: pytest.MonkeyPatch) -> None:
    before = (folder / "ledger.db").read_bytes()
    assert (
        run(["document", "register", "--document", "d", "--type", "dataset", "--title", "D", "--publisher", "P"]) == 0
    )
    (folder / "ledger.db").write_bytes(before)


def _full(part: str) -> Callable[[Path, pytest.MonkeyPatch], None]:
    def fill(folder: Path, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=0 if part in str(place) else 1 << 40))

    return fill


def _set(settings: str) -> Callable[[Path, pytest.MonkeyPatch], None]:
    def write(folder: Path, patch: pytest.MonkeyPatch) -> None:
        patch.delenv("FORCE_LEDGER_GAP_DAYS")
        folder.joinpath("force-ledger.toml").write_text(settings, "utf-8")

    return write


def key_in(folder: Path) -> Path:
    return next(folder.glob("keys/*/keeper.key"))


WRONG: dict[str, tuple[Callable[[Path, pytest.MonkeyPatch], Any], str, str]] = {
    "another events": (_another_events, "packages", "environment of its own"),
    "another distribution": (
        lambda _, patch: patch.setattr("ledger.cli.doctor.packages_distributions", lambda: {"events": ["Events"]}),
        "packages", "environment of its own",
    ),
    "a bad file": (lambda folder, _: (folder / "force-ledger.toml").write_text("x = 1"), "settings", "it is one of"),
    "no days": (_set("gap_days = -1"), "settings", "correct it"),
    "no address": (_set("[site]\nbase_url = 'x'"), "settings", "https://"),
    "no ledger": (lambda folder, _: (folder / "ledger.db").unlink(), "ledger", "--ledger"),
    "no database": (lambda folder, _: (folder / "ledger.db").write_text("x" * 999), "ledger", ""),
    "a damaged read model": (_damaged_model, "read model", "force-ledger rebuild"),
    "an open key": (lambda folder, _: key_in(folder).chmod(0o644), "keys", "chmod 600"),
    "a damaged key": (lambda folder, _: key_in(folder).write_text("x"), "keys", "restore it from a backup"),
    "a restored ledger": (lambda folder, _: (key_in(folder).parent / "restored").touch(), "keys", "reconcile"),
    "a lost log key": (lambda folder, _: (key_in(folder).parent / "log.key").unlink(), "keys", "help operations"),
    "an older ledger": (_older, "keys", "force-ledger copy"),
    "a clock": (_ahead, "clock", "clock correct"),
    "a full disk": (_full(""), "disk", "make room"),
    "no room for keys": (_full("keys"), "disk", "make room"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_remedy(
    doctor: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    spoil, check, remedy = WRONG[case]
    spoil(tmp_path, monkeypatch)
    code, out, _ = doctor("--json")
    wrong = [one for one in json.loads(out)["checks"] if one["status"] == "wrong"]
    assert (code, {one["check"] for one in wrong}) == (1, {check})
    assert remedy in wrong[0]["remedy"]
    code, out, _ = doctor()
    assert (code, "WRONG" in out) == (1, True)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"FORCE_LEDGER_RECODER": "x"}, "FORCE_LEDGER_RECODER means nothing"),
        ({"FORCE_LEDGER_KEYS": "elsewhere"}, "there are no keys for this ledger"),
        ({"FORCE_LEDGER_RECORDER": "keeper"}, "recorder: keeper (FORCE_LEDGER_RECORDER)"),
    ],
)
def test_what_is_only_to_be_known_is_no_failure(
    doctor: Told, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setitem(os.environ, name, value)
    code, out, _ = doctor()
    assert (code, said in " ".join(out.split())) == (0, True)


def test_each_setting_is_told_with_its_source(doctor: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_LEDGER_GAP_DAYS", raising=False)
    tmp_path.joinpath("force-ledger.toml").write_text('recorder = "keeper"\ngap_days = 3\n', "utf-8")
    out = doctor("--ledger", "ledger.db")[1]
    assert "ledger: ledger.db (--ledger)" in out
    assert f"recorder: keeper ({tmp_path / 'force-ledger.toml'})" in out
    assert f"gap_days: 3 ({tmp_path / 'force-ledger.toml'})" in out


def test_another_package_in_the_way_is_named_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "__init__.py").touch()
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).resolve().parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", "from ledger.cli import main; main(['--version'])"],
        env={**os.environ, "PYTHONPATH": path}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "an environment of its own" in done.stderr
