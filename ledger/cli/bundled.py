"""The records that come with the program, as files that a clerk enters with `append` and `import`."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from ledger.cli.import_ import read_profile
from ledger.cli.submit import read_batches
from ledger.errors import Place
from ledger.intake.draft import Names, drafts_of
from ledger.intake.mapping import batch_of
from ledger.intake.raw import RawBatch
from ledger.intake.table import read as read_table
from ledger.log.key import Signer
from ledger.record.record import Receipt, record
from ledger.store.store import Store


@contextmanager
def bundled() -> Iterator[Path]:
    """The folder of the national record: an example of the checkout; or unpacked for as long as this lasts."""
    archive = Path(str(files("ledger").joinpath("data", "record.zip")))
    if archive.is_file():
        with TemporaryDirectory() as folder, ZipFile(archive) as record:
            record.extractall(folder)
            yield Path(folder, "england-wales")
    else:
        yield Path(__file__).parents[2] / "examples" / "england-wales"


def order(folder: Path) -> list[str]:
    """The patterns of files that `order.txt` in a folder lists."""
    lines = folder.joinpath("order.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def batches(folder: Path) -> Iterator[tuple[Path, RawBatch]]:
    """The files of a record in their order, each with its events. A table is read by the profile of its name."""
    for file in (file for pattern in order(folder) for file in sorted(folder.glob(pattern))):
        if file.suffix == ".csv":
            profile = read_profile(str(folder / "profiles" / f"{file.stem}.toml"))
            yield file, batch_of(read_table(str(file), file.read_bytes()), profile, Place(str(file)))
        else:
            yield file, read_batches([str(file)])


def enter(ledger: Store, signer: Signer, *read: RawBatch) -> Receipt:
    """Record these batches in one transaction, as one submission."""
    whole = RawBatch()
    for batch in read:
        whole.add(batch)
    with ledger.reading() as reader:
        drafts = drafts_of(whole, Names(reader))
    return record(ledger, drafts, signer)
