"""The record that comes with the program, as files that a clerk enters with `append` and `import`."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from ledger.cli.append import read_batches
from ledger.cli.import_ import read_profile, read_table
from ledger.intake.draft import Names, drafts_of
from ledger.log.key import Signer
from ledger.record.record import Receipt, record
from ledger.store.store import Store


def bundled(name: str = "england-wales") -> Path:
    """The folder of a record: package data if installed, else an example of the checkout."""
    installed = Path(str(files("ledger").joinpath("data", name)))
    return installed if installed.is_dir() else Path(__file__).parents[2] / "examples" / name


def order(folder: Path) -> list[str]:
    """The patterns of files that `order.txt` in a folder lists; without one, all its files in YAML."""
    listed = folder / "order.txt"
    lines = listed.read_text("utf-8").splitlines() if listed.exists() else ["*.yaml"]
    return [line for line in lines if line and not line.startswith("#")]


def enter(ledger: Store, signer: Signer, folder: Path) -> Iterator[tuple[Path, Receipt]]:
    """Record the files of a folder in their order, one transaction each; yield each file with its receipt, the notices
    among the warnings. A table is read by the profile of its name."""
    for file in (file for pattern in order(folder) for file in sorted(folder.glob(pattern))):
        if file.suffix == ".csv":
            profile = read_profile(str(folder / "profiles" / f"{file.stem}.toml"))
            batch = read_table(str(file), file.read_bytes(), profile)
        else:
            batch = read_batches([str(file)])
        with ledger.reading() as reader:
            drafts = drafts_of(batch.events, Names(reader))
        receipt = record(ledger, drafts, signer)
        yield file, replace(receipt, warnings=(*batch.notices, *receipt.warnings))
