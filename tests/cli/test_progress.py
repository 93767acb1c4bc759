"""Long work says how far it is, to a person who waits, and to nobody else."""

from collections.abc import Callable

import pytest

from ledger.cli.output import progress

Wait = Callable[[float], None]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """Lets seconds go by."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


@pytest.mark.parametrize(("seconds", "person"), [(0.0, True), (10.0, False)])
def test_nothing_is_said_of_what_is_quick_and_nothing_to_a_script(
    seconds: float, person: bool, wait: Wait, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: person)
    tell = progress()
    wait(seconds)
    tell(1, 2)
    tell(2, 2)
    assert capsys.readouterr() == ("", "")


def test_it_is_said_now_and_then_and_at_the_end(wait: Wait, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    tell = progress("files")
    for done in range(1, 2001):
        wait(1 / 128)
        tell(done, 2000)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("\r129 of 2,000 files\r"), "once it takes long"
    assert 40 < err.count("\r") < 100, "not for every one of them"
    assert err.endswith("\r2,000 of 2,000 files\n")
