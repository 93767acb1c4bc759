"""What one long batch needs in memory: its events and their bytes; not all forms that they go through."""

import gc
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.evidence.folder import Evidence
from ledger.intake import jsonl, yaml
from ledger.intake.draft import Names, drafts_of
from ledger.intake.raw import RawBatch
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import record, validate
from ledger.store.store import Store
from tests.conftest import ORIGIN, now

SOME, MORE = 100, 600
LETTER = {
    "kind": "document.registered",
    "document": "letter",
    "type": "dataset",
    "title": "One",
    "publisher": "HMICFRS",
}
READERS: dict[str, Callable[[str, str], RawBatch]] = {"jsonl": jsonl.read, "yaml": yaml.read}


def line(number: int, form: str) -> str:
    """A finding on a matter of its own."""
    common = {"kind": "finding.recorded", "body": "kent", "effective": f"2020-01-{1 + number % 28:02}"}
    says = {"type": "area-for-improvement", "title": f"What is wanting, number {number}", "documents": ["letter"]}
    return ("- " if form == "yaml" else "") + json.dumps(common | says | {"finding": f"f-{number}"}) + "\n"


def peak(folder: Path, form: str, number: int) -> int:
    """The most bytes in use while a batch of so many findings is read, validated and recorded."""
    ledger, text = Store(folder / "ledger.db"), "".join(line(n, form) for n in range(number))
    signer, evidence = KeyRing(ORIGIN, folder / "keys").recorder(None), Evidence(folder)
    gc.freeze()
    gc.collect()  # else garbage in circles stays the longer, the more other tests have left in memory
    tracemalloc.start()
    try:
        with ledger.reading() as reader:
            drafts = drafts_of(READERS[form](text, f"batch.{form}"), Names(reader))
            validated = validate(reader, evidence, drafts, signer.verifier)
        receipt = record(ledger, drafts, signer, evidence=evidence, validated=validated)
        assert len(receipt.appended) == number
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


@pytest.mark.parametrize(("form", "most"), [("jsonl", 5500), ("yaml", 6300)])
def test_a_long_batch_takes_so_much_an_event(form: str, most: int, tmp_path: Path) -> None:
    peaks = list[int]()
    for number in (SOME, SOME, MORE):  # the first loads modules and caches
        folder = tmp_path / f"{len(peaks)}"
        create_ledger(folder / "ledger.db", origin=ORIGIN, keys=folder / "keys", clock=now)
        with Store(folder / "ledger.db") as ledger, ledger.reading() as reader:
            drafts = drafts_of(jsonl.read(json.dumps(LETTER), "letter"), Names(reader))
        with Store(folder / "ledger.db") as ledger:
            record(ledger, drafts, KeyRing(ORIGIN, folder / "keys").recorder(None), clock=now)
        peaks.append(peak(folder, form, number))
    assert (peaks[2] - peaks[1]) / (MORE - SOME) < most
