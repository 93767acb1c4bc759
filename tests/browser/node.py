"""Runs verify.js in Node, without a browser."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import lxml.html
import pytest

from events import Entry
from ledger.publish.prove import Prover
from ledger.publish.site.proof import PageProof, page_proof

Json = dict[str, Any]
HERE = Path(__file__).parent
SCRIPT = str(files("ledger.publish.site") / "verify.js")
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node: what runs in a reader's browser is not tested")


class Case(NamedTuple):
    """What a page has: a proof file, the log's key, and the texts that it shows."""

    proof: str
    log_key: str
    shown: list[Json]

    @classmethod
    def of(cls, page: PageProof) -> "Case":
        shown = [
            {"position": entry.position, "part": part, "text": text}
            for entry in page.entries
            for part, text in (("envelope", entry.envelope), ("data", entry.data))
            if text
        ]
        return cls(page.proof, page.log_key, shown)

    @classmethod
    def on(cls, html: bytes) -> "Case":
        """What a page has, as a browser finds it."""
        page = lxml.html.document_fromstring(html.decode())
        (data,) = (one for one in page.iter("script") if one.get("id") == "proof")
        shown = [
            {"position": int(one.get(f"data-{part}") or 0), "part": part, "text": str(one.xpath("string()"))}
            for part in ("envelope", "data")
            for one in page.iter("pre")
            if one.get(f"data-{part}")
        ]
        return cls(data.text or "", data.get("data-log-key") or "", shown)

    def to_json(self) -> Json:
        return {"proof": self.proof, "logKey": self.log_key, "shown": self.shown}


def case(prover: Prover, *entries: Entry) -> Case:
    """The case of a page of these entries."""
    found = page_proof(prover, entries)
    assert found
    return Case.of(found)


def checked(cases: Iterable[Case | Json], missing: str = "") -> list[Json]:
    """For each case the verdict and the steps."""
    assert NODE
    given = json.dumps([case.to_json() if isinstance(case, Case) else case for case in cases])
    command = [NODE, str(HERE / "check_proofs.js"), SCRIPT, *([missing] if missing else [])]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=120)
    found: list[Json] = json.loads(done.stdout)
    return found
