"""The folder of a site: its files are made part by part, a part only if its inputs changed.

All new files are written beside the site first (``.site/new``), then the list of what is to be done
(``.site/next.json``), then each is renamed into its place. A crash before that list leaves the old site whole; after
it, the next run puts the rest in place. The manifest says which files are ours: nothing else is replaced or removed. No
link is followed.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ledger import atomic
from ledger.errors import Refused
from ledger.progress import Progress, no_progress
from ledger.publish.folder import FILE_MODE, PublicFolder
from ledger.publish.site.site_part import Opened, SitePart, make_all

_OWN = ".site"


class LogState(NamedTuple):
    """The log of which a site is: its name, its size and root, and its root at an earlier size."""

    origin: str
    size: int = 0
    root: str = ""
    root_at: Callable[[int], str] = lambda size: ""

    def continues(self, manifest: dict[str, Any]) -> bool:
        """Whether the log has all that it had when a site was made. It has not if a backup was restored."""
        size, root = manifest["size"], manifest["root"]
        return bool(size <= self.size and root == self.root_at(size))


class Written(NamedTuple):
    """How many files the site has now, and how many of them were written and removed."""

    files: int
    written: int
    removed: int


class _Plan(NamedTuple):
    """What is left to do once all new files are written: which to rename into place (by the number of the new file),
    which to remove, and the next manifest: the inputs of each part, and the hash of each of its files."""

    place: dict[str, int]
    remove: list[str]
    manifest: dict[str, Any]


def write(
    folder: Path,
    log: LogState,
    parts: Iterable[SitePart],
    opened: Opened | None = None,
    *,
    full: bool = False,
    tell: Progress = no_progress,
) -> Written:
    """Bring the site of a ledger in a folder up to these parts; with ``full``, or where the log does not continue that
    of the site, make all of them anew. A second process helps with many parts, if it can have them from ``opened``.

    Raises Refused if the folder has other files, the site of another ledger, or a link where a file of the site is.
    """
    site = _SiteFolder(folder)
    site.begin()
    with atomic.locked(site.own("lock")):
        site.finish()
        old = site.manifest(log.origin)
        plan = _Plan({}, [], {"origin": log.origin, "size": log.size, "root": log.root, "parts": {}})
        new, parts, full = hashes_in(old), list(parts), full or not log.continues(old)
        there = site.there(new)
        stale = [part for part in parts if full or _is_stale(part, old["parts"].get(part.name), there)]
        ready = make_all(stale, site.own("new"), opened, tell)
        made = {part.name: one.hashes for part, one in zip(stale, ready, strict=True)}
        for one in ready:
            for name, hash in one.hashes.items():
                if full or new.get(name) != hash or name not in there:
                    plan.place[name] = one.staged[name]
        for part in parts:
            files = made[part.name] if part.name in made else old["parts"][part.name]["files"]
            plan.manifest["parts"][part.name] = {"inputs": part.inputs, "files": files}
        now = hashes_in(plan.manifest)
        plan.remove.extend(sorted(new.keys() - now.keys()))
        if plan.place or plan.remove or plan.manifest != old:
            site.check(plan, new.keys())
            site.commit(plan)
    return Written(len(now), len(plan.place), len(plan.remove))


def _is_stale(part: SitePart, before: dict[str, Any] | None, there: set[str]) -> bool:
    return before is None or before["inputs"] != part.inputs or not there.issuperset(before["files"])


def hashes_in(manifest: dict[str, Any]) -> dict[str, str]:
    """The hash of every file in a manifest."""
    return {name: hash for part in manifest["parts"].values() for name, hash in part["files"].items()}


def _manifest_in(data: bytes) -> dict[str, Any]:
    """The manifest in these bytes. Raises ValueError, KeyError, TypeError or AttributeError if they are none."""
    found: dict[str, Any] = orjson.loads(data)
    if not isinstance(found["origin"], str) or not isinstance(found["size"], int) or not isinstance(found["root"], str):
        raise TypeError("origin and root are texts, and size is a number")
    hashes_in(found)
    return found


class _SiteFolder(PublicFolder):
    def own(self, name: str) -> Path:
        """A file of ours that is no part of the site."""
        return self.folder / _OWN / name

    def begin(self) -> None:
        """Make the folder. Raises Refused if it has files of somebody else."""
        self.make(self.folder)
        if not self.own("").exists() and any(self.folder.iterdir()):
            raise Refused(f"{self.folder} has files that are not of a site", hint="give an empty folder, or a new one")
        self.make(self.path(f"{_OWN}/new/0").parent)

    def manifest(self, origin: str) -> dict[str, Any]:
        """The manifest of the site that is there; an empty one where there is none."""
        try:
            found = _manifest_in(self.read(f"{_OWN}/manifest.json"))
        except FileNotFoundError:
            return {"origin": origin, "size": 0, "root": "", "parts": {}}
        except (ValueError, KeyError, TypeError, AttributeError):
            what = f"{self.own('manifest.json')}, which lists its files, is damaged"
            raise Refused(what, hint=f"give another folder, or remove {self.folder} and make the site anew") from None
        if found["origin"] != origin:
            raise Refused(f"{self.folder} has the site of {found['origin']}", hint="give another folder")
        return found

    def there(self, names: Iterable[str]) -> set[str]:
        """Those of these files that are there."""
        return {name for name in names if os.path.lexists(f"{self.folder}/{name}")}

    def check(self, plan: _Plan, ours: Iterable[str]) -> None:
        """Raise Refused if a file that is to be written is somebody else's, or behind a link."""
        known = set(ours)
        for name in (*plan.place, *plan.remove):
            if name not in known and self.path(name).exists():
                raise Refused(f"{self.path(name)} is not a file of the site", hint="move it away")

    def commit(self, plan: _Plan) -> None:
        """From here on the new site is the one that counts."""
        if os.name == "posix":
            os.sync()
        atomic.write(self.own("next.json"), orjson.dumps(plan._asdict()), FILE_MODE)
        self.finish()

    def finish(self) -> None:
        """Put in place what a run decided that may have been interrupted; remove what another did not decide."""
        with suppress(FileNotFoundError):
            plan = _Plan(**orjson.loads(self.read(f"{_OWN}/next.json")))
            for name, number in plan.place.items():
                path = self.path(name)
                self.make(path.parent)
                with suppress(FileNotFoundError):  # it is in its place already
                    self.own(f"new/{number:d}").replace(path)
            for name in plan.remove:
                self._remove(self.path(name))
            atomic.write(self.own("manifest.json"), orjson.dumps(plan.manifest), FILE_MODE)
            self.own("next.json").unlink()
        shutil.rmtree(self.own("new"))
        self.make(self.own("new"))

    def _remove(self, path: Path) -> None:
        """Remove a file, and the folders that have no other."""
        path.unlink(missing_ok=True)
        for parent in path.parents:
            if parent == self.folder:
                break
            try:
                parent.rmdir()
            except OSError:  # it has other files
                break
