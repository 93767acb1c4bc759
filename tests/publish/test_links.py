"""Publishing into a folder that somebody else can write to: no link is followed, nothing of theirs is removed."""

import os
from pathlib import Path

import pytest

from ledger import atomic
from ledger.errors import Refused
from ledger.publish.publish import publish
from ledger.store.store import Store
from tests.publish.test_checkpoints import add
from tests.publish.test_publish import files, public, signed, verified

__all__ = ["public"]
pytestmark = [pytest.mark.in_a_file, pytest.mark.skipif(os.name != "posix", reason="links are those of POSIX")]
PRECIOUS = b"This is somebody's own.\n"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder outside, with a file in it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "own").write_bytes(PRECIOUS)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The files in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint",
        "tile",
        "tile/0",
        "tile/entries",
        "tile/0/000.p",
        "tile/0/000.p/46",
        "tile/entries/000.p/46",
        "data",
    ],
)
@pytest.mark.parametrize("to", ["own", ".", "nothing"])
def test_a_link_is_refused_and_what_it_names_is_left_alone(
    ledger: Store, public: Path, elsewhere: Path, name: str, to: str
) -> None:
    (public / name).parent.mkdir(parents=True)
    (public / name).symlink_to(elsewhere / to)
    with pytest.raises(Refused, match=rf"public/{name} is a link: it is not followed; remove it"):
        signed(ledger, public)
    assert (public / name).is_symlink()
    assert contents(elsewhere) == {"own": PRECIOUS}
    (public / name).unlink()
    assert publish(ledger, public).checkpoint.size == verified(public, ledger) == 46


def test_a_log_that_was_published_and_then_linked_is_refused(ledger: Store, public: Path, tmp_path: Path) -> None:
    add(ledger, *(f"a{n}" for n in range(300)))
    signed(ledger, public)
    (public / "tile").rename(tmp_path / "moved")
    (public / "tile").symlink_to(tmp_path / "moved")
    before = contents(tmp_path / "moved")
    with pytest.raises(Refused, match="public/tile is a link"):
        publish(ledger, public)
    assert contents(tmp_path / "moved") == before


@pytest.mark.parametrize("name", [".new", ".lock"])
def test_a_link_in_the_place_of_a_file_that_comes_and_goes(
    ledger: Store, public: Path, elsewhere: Path, name: str
) -> None:
    public.mkdir()
    for target in ("own", "nothing"):
        (public / name).unlink(missing_ok=True)
        (public / name).symlink_to(elsewhere / target)
        if name == ".lock":
            with pytest.raises(OSError, match="symbolic links"):
                signed(ledger, public)
        else:
            signed(ledger, public)
        assert contents(elsewhere) == {"own": PRECIOUS}


def test_the_folder_itself_may_be_named_by_a_link(ledger: Store, public: Path, tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    public.symlink_to(tmp_path / "www")
    signed(ledger, public)
    assert verified(tmp_path / "www", ledger) == 46


def test_only_what_was_written_is_removed(ledger: Store, public: Path, elsewhere: Path) -> None:
    own = ["README", "tile/notes", "tile/0/000.p/README", "tile/0/000.p/046", "tile/0/000.p/0", "tile/0/000.p/45"]
    own += ["tile/backup/000", "tile/backup/000.p/46", "mine/000.p/1", "tile/0/000.p/46.old"]
    for name in own:
        (public / name).parent.mkdir(parents=True, exist_ok=True)
        (public / name).write_bytes(PRECIOUS)
    (public / "tile/0/000.p/7").symlink_to(elsewhere / "own")
    (public / "tile/0/x.p").symlink_to(elsewhere)
    (public / "tile/0/001.p").symlink_to(elsewhere)
    (elsewhere / "1").write_bytes(PRECIOUS)
    signed(ledger, public)
    add(ledger, *(f"a{n}" for n in range(209)))
    signed(ledger, public)
    add(ledger, "b")
    assert signed(ledger, public).removed == 6
    there = files(public)
    assert [name for name in own if there.get(name) != PRECIOUS] == []
    assert contents(elsewhere) == {"own": PRECIOUS, "1": PRECIOUS}
    assert not {"tile/0/000.p/46", "tile/0/000.p/255", "tile/entries/000.p/46", "data/000.p/46"} & there.keys()
    assert not (public / "tile/entries/000.p").exists()
    assert verified(public, ledger) == 256


def test_a_file_is_written_beside_and_never_through_a_link(tmp_path: Path, elsewhere: Path) -> None:
    for name in ("file", ".file.new"):
        (tmp_path / name).symlink_to(elsewhere / "own")
    atomic.write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert not (tmp_path / "file").is_symlink()
    assert contents(elsewhere) == {"own": PRECIOUS}
