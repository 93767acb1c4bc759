"""Builds the wheel with the records of examples/ in it, compressed: `ledger.cli.bundled` reads them from there."""

from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RECORDS = ("england-wales", "west-midlands")


class Records(BuildHookInterface):  # type: ignore[type-arg]  # as hatch documents it
    """Adds ledger/data/record.zip, the same bytes from the same files. An editable install reads examples/."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        examples, archive = Path(self.root, "examples"), Path(mkdtemp(), "record.zip")
        with ZipFile(archive, "w") as record:
            for file in sorted(file for name in RECORDS for file in examples.joinpath(name).rglob("*.*")):
                name = ZipInfo(file.relative_to(examples).as_posix())
                record.writestr(name, file.read_bytes(), ZIP_DEFLATED, 9)
        build_data["force_include"][str(archive)] = "ledger/data/record.zip"
