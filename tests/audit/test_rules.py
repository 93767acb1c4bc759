"""What a rule refuses, `verify` finds: every transcript that is refused, forced into the file past the rule."""

import re
from pathlib import Path

import pytest

from ledger.evidence.folder import Evidence
from ledger.rules import WARNINGS
from ledger.store.store import Store
from tests.audit.forging import entries_of, put, signed, verified
from tests.conftest import drafts_of, key_of
from tests.support.transcribe import Transcript, begin, transcripts

_WARNED = {rule.__name__ for rule in WARNINGS}
REFUSED = [transcript for transcript in transcripts() if transcript.rule not in _WARNED]


@pytest.mark.parametrize("transcript", REFUSED, ids=[transcript.path.stem for transcript in REFUSED])
def test_a_batch_that_is_refused_is_found_when_it_is_forced_in(transcript: Transcript, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    kept = Evidence(path.with_suffix(".evidence"))
    if transcript.evidence:
        (tmp_path / "evidence.txt").write_text(transcript.evidence, "utf-8")
        kept.add(tmp_path / "evidence.txt")
    begin(tmp_path, transcript.given)
    with Store(path) as ledger:
        events = [draft.event for draft in drafts_of(ledger, transcript.when)]
        keeper = key_of(ledger)
    given = entries_of(path)
    put(path, given + signed(*events, by=keeper, onto=given))
    report = verified(path, evidence=kept)
    found = [finding for name in ("rules", "authority", "evidence") for finding in report.checks[name].found]
    told = re.sub(r" \(when\.yaml:[0-9:]+\)", "", transcript.then)  # nothing forced in has a place in a file
    assert any(as_told(what, len(given)) in told for _, what in found), found
    where = report.checks["rules"].positions + report.checks["authority"].positions
    assert where or report.checks["evidence"].positions
    assert all(position >= len(given) for position in where), "what was given is lawful"


def as_told(what: str, given: int) -> str:
    """What is found, in the words in which a clerk is told it, who knows no position of the batch yet."""
    return re.sub(r"#(\d+)", lambda at: "this batch" if int(at[1]) >= given else at[0], what)
