"""A mistyped address is refused wherever a ledger is named; it becomes no path, and no password is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.api import Ledger
from ledger.errors import NotFound, Problem
from ledger.store.database import place_of
from ledger.store.store import Store
from tests.conftest import Told

SECRET = "hunter2"
MISTYPED = [
    f"POSTGRESQL://u:{SECRET}@h/wm",
    f"Postgres://u:{SECRET}@h/wm",
    f"postgresql+psycopg://u:{SECRET}@h/wm",
    f"postgres:/u:{SECRET}@h/wm",
    f"postgresql:u:{SECRET}@h/wm",
    f" postgresql://u:{SECRET}@h/wm",
    f"'postgresql://u:{SECRET}@h/wm'",
    f"host=h dbname=wm password={SECRET}",
    f"password = '{SECRET}' host=h",
    f"mysql://u:{SECRET}@h/wm",
    f"sqlite:///{SECRET}/ledger.db",
    f"file:///{SECRET}/ledger.db",
    f"jdbc:postgresql://h/wm?user=u&password={SECRET}",
    f"u:{SECRET}@h/wm",
    f"//u:{SECRET}@h/wm",
    f"postgresql//u:{SECRET}@h/wm",
    f"postgresql;//u:{SECRET}@h/wm",
    f"postgresql.//u:{SECRET}@h/wm",
    f"postgresql/u:{SECRET}@h/wm",
    f"postgresql//h/wm?user=u&password={SECRET}",
    f"h/wm?password={SECRET}",
    f"u@h:{SECRET}/wm",
    f"Server=h;Password={SECRET}",
]
USES: dict[str, Callable[[str], list[str]]] = {
    "--ledger": lambda url: ["--ledger", url, "board"],
    "init": lambda url: ["--ledger", url, "init"],
    "verify": lambda url: ["--ledger", url, "verify"],
    "restore to": lambda url: ["--ledger", url, "restore", "."],
    "metadata": lambda url: ["--ledger", url, "query", "--metadata"],
    "copy from": lambda url: ["copy", url, "copy.db"],
    "copy to": lambda url: ["copy", "ledger.db", url],
    "follow from": lambda url: ["follow", url, "copy.db", "--once"],
    "follow to": lambda url: ["follow", "ledger.db", url, "--once"],
    "backup to": lambda url: ["backup", url],
    "restore from": lambda url: ["--ledger", "copy.db", "restore", url],
    "publish to": lambda url: ["publish", url],
    "demo in": lambda url: ["demo", url],
}

pytestmark = pytest.mark.in_a_file
each_address = pytest.mark.parametrize("url", MISTYPED)


def check_refused(told: tuple[int, str, str]) -> None:
    code, out, err = told
    assert code in (2, 6)
    assert out == ""
    assert SECRET not in err
    assert "write it like postgresql://USER@HOST/DATABASE" in err or "a folder on this machine is needed" in err


@each_address
@pytest.mark.parametrize("use", USES)
def test_a_mistyped_address_is_refused_and_becomes_nothing(told: Told, tmp_path: Path, use: str, url: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    check_refused(told(*USES[use](url)))
    assert sorted(tmp_path.rglob("*")) == before


@each_address
def test_a_mistyped_address_is_refused_in_the_settings(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    (tmp_path / "force-ledger.toml").write_text(f'ledger = "{url}"\n')
    check_refused(told("board"))
    (tmp_path / "force-ledger.toml").unlink()
    monkeypatch.setenv("FORCE_LEDGER", url)
    check_refused(told("init"))


@each_address
@pytest.mark.parametrize("of", [str, Path])
@pytest.mark.parametrize("use", [Ledger, Ledger.create, Store, Store.create, place_of])
def test_a_mistyped_address_is_refused_in_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: Callable[[str | Path], object], of: type[str | Path], url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match="write it like postgresql://") as refused:
        use(of(url))
    assert SECRET not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "path",
    ["ledger.db", "./a:b/ledger.db", "/srv/postgres/ledger.db", r"C:\wm\ledger.db", "C:/wm/ledger.db", "a b/ledger.db",
     "../hosts/ledger.db", "wm@2024.db", "user.db"],
)  # fmt: skip
def test_a_path_is_a_path(path: str) -> None:
    assert place_of(path) == place_of(Path(path)) == Path(path)


@pytest.mark.parametrize("url", ["postgresql://u@h/wm", "postgres:///?service=wm"])
def test_a_url_is_a_url(url: str) -> None:
    assert place_of(url) == url


@pytest.mark.parametrize("url", MISTYPED[:-1])
def test_no_message_repeats_a_password(told: Told, url: str) -> None:
    if "password" in url or ("@" in url and ":/" in url):
        assert SECRET not in str(Problem(f"there is no file {url} here", url, url))
        assert SECRET not in told("verify", url)[2]
        assert SECRET not in told("verify", url, "--json")[2]
        assert SECRET not in told("checkpoint", "witness", url, "--witness-key", "w+00000000+AAAA")[2]


def test_an_address_that_cannot_be_read_is_refused(told: Told) -> None:
    assert told("copy", "https://[", "copy.db")[0] == 1
    assert told("copy", "https://", "copy.db")[0] == 1
    code, _, err = told("copy", f"https://u:{SECRET}@h/log", "copy.db")
    assert (code, SECRET in err) == (6, False)
