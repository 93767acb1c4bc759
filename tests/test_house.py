"""The house is in order: the import chain, whose packages these are, the pins, the lock, the front door."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_imports_run_along_the_chain_only() -> None:
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["events", "projections", "ledger"])
def test_the_environment_finds_our_package(package: str, tmp_path: Path) -> None:
    # Asked from another folder: `events` is also somebody else's distribution, which would be found before ours.
    ask = [sys.executable, "-c", f"import {package}; print({package}.__file__)"]
    found = subprocess.run(ask, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()
    assert Path(found).resolve() == ROOT / package / "__init__.py"


def test_events_says_what_it_is() -> None:
    import events

    assert (events.__doc__ or "").startswith("The kinds of event that a ledger records")


def test_every_exact_pin_gives_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    pins = [line for line in project if re.search(r'"[\w.\[\]-]+==', line)]
    assert pins, "eventsourcing is pinned exactly"
    assert [line for line in pins if not re.search(r'",? +# \w', line)] == []


def test_the_lock_names_no_host_and_no_path() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    # An address or a path has a slash in it, or ` @ ` before it; an option that names a host starts with a dash.
    rest = [line for line in lock if not re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line)]
    assert [line for line in rest if re.search(r"/|file:| @ |^\s*-", line)] == []


def test_the_lock_pins_what_the_project_pins() -> None:
    project, lock = ((ROOT / name).read_text("utf-8") for name in ("pyproject.toml", "requirements.lock"))
    for pin in re.findall(r'"([\w.-]+==[\w.]+)"', project):
        assert f"\n{pin} " in lock, f"{pin}: run `make lock`"


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_the_two_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text("utf-8")
