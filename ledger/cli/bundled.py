"""The record that comes with the program, as files that a clerk enters with `append` and `import`."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from ledger.cli.append import read_batches
from ledger.cli.table import read_profile
from ledger.errors import Place, Refused
from ledger.intake.draft import Names, drafts_of
from ledger.intake.mapping import batch_of
from ledger.intake.raw import RawBatch
from ledger.intake.table import read
from ledger.log.key import Signer
from ledger.record.record import Receipt, record
from ledger.store.store import Store


def bundled() -> Path:
    """The folder of the record: package data if installed, else the examples of the checkout."""
    installed = Path(str(files("ledger").joinpath("data/england-wales")))
    return installed if installed.is_dir() else Path(__file__).parents[2] / "examples" / "england-wales"


def batches(folder: Path) -> Iterator[tuple[Path, RawBatch]]:
    """Each file that `order.txt` in the folder lists, in that order, with its events. A table is read by the profile of
    its name. Raises Refused for a file that is not as it should be."""
    for pattern in order(folder):
        for file in sorted(folder.glob(pattern)):
            yield file, _table(folder, file) if file.suffix == ".csv" else read_batches([str(file)])


def order(folder: Path) -> list[str]:
    """The patterns of files that `order.txt` lists."""
    lines = folder.joinpath("order.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def enter(ledger: Store, signer: Signer, folder: Path | None = None) -> Iterator[tuple[Path, Receipt]]:
    """Record the batches of a folder, one transaction each; yield each file with the receipt, its notices among the
    warnings."""
    for file, batch in batches(folder or bundled()):
        with ledger.reading() as reader:
            drafts = drafts_of(batch.events, Names(reader))
        receipt = record(ledger, drafts, signer)
        yield file, replace(receipt, warnings=(*batch.notices, *receipt.warnings))


def _table(folder: Path, file: Path) -> RawBatch:
    profile = read_profile(str(folder / "profiles" / f"{file.stem}.toml"))
    batch = batch_of(read(str(file), file.read_bytes()), profile, Place(str(file)))
    if batch.problems:
        raise Refused(*batch.problems)
    return batch
