"""Witnesses from both sides: asked over HTTP, with a server in a thread, and cosigning offline, also two at once."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ledger.audit.sign import sign
from ledger.errors import LedgerError, NotVerified, RolledBack, WitnessTrouble
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.key import Signer, Verifier
from ledger.log.proof_file import ConsistencyFile
from ledger.log.witness import CosignRefused, cosign
from ledger.publish.checkpoints import last_signed
from ledger.publish.consistency import consistency_file
from ledger.publish.witness import ask, cosign_offline
from ledger.record.keys import KeyRing
from ledger.replay import log_keys
from ledger.store.store import Store
from tests.conftest import ORIGIN
from tests.publish.test_checkpoints import add
from tests.support.crashing import stops

WITNESS = Signer("w.example.net", bytes(range(32)))
NOW = 1_795_253_400
ROOT = Path(__file__).resolve().parents[2]


class Witness(ThreadingHTTPServer):
    """A witness on the network; ``answer`` says something else than the protocol does, once for each that is given."""

    def __init__(self, logs: list[Verifier]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.logs = logs
        self.state: dict[str, Checkpoint] = {}
        self.asked: list[tuple[str, int]] = []
        self.answer: list[tuple[int, str, bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1/"


class _Handler(BaseHTTPRequestHandler):
    server: Witness

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        witness = self.server
        witness.asked.append((self.path, ConsistencyFile.parse(body).number))
        if witness.answer:
            self._send(*witness.answer.pop(0))
            return
        try:
            witness.state, signature = cosign(witness.state, body, witness.logs, WITNESS, NOW)
        except CosignRefused as refused:
            if refused.recorded is None:
                self._send(refused.status, "text/plain", str(refused).encode())
            else:
                self._send(refused.status, "text/x.tlog.size", b"%d\n" % refused.recorded)
            return
        self._send(200, "text/plain", f"{signature}\n".encode())

    def _send(self, status: int, type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.url}elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test prints nothing."""


@pytest.fixture
def witness(ledger: Store) -> Iterator[Witness]:
    """A witness that knows the ledger's log, which has signed a checkpoint."""
    sign(ledger, KeyRing(ORIGIN))
    with ledger.reading() as reader:
        keys = log_keys(reader)
    with serving(Witness(keys)) as server:
        yield server


@contextmanager
def serving(server: Witness) -> Iterator[Witness]:
    """Let a server serve in a thread."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def cosigned(ledger: Store, witness: Witness) -> SignedCheckpoint:
    """What a witness cosigned, which is kept then."""
    note = ask(ledger, witness.url, WITNESS.cosigner)
    with ledger.reading() as reader:
        assert reader.checkpoint() == note
        signers = note.verify([*log_keys(reader), WITNESS.cosigner])
    assert signers[WITNESS.cosigner].time == NOW
    return note


def test_a_witness_cosigns_what_the_log_has_signed(ledger: Store, witness: Witness) -> None:
    note = cosigned(ledger, witness)
    assert witness.asked == [("/v1/add-checkpoint", 0)]
    assert witness.state[ORIGIN].text == note.text


def test_it_is_next_asked_from_where_it_was(ledger: Store, witness: Witness) -> None:
    for name in ("a", "b"):
        cosigned(ledger, witness)
        add(ledger, name)
        sign(ledger, KeyRing(ORIGIN))
    cosigned(ledger, witness)
    assert [old for _, old in witness.asked] == [0, 46, 47]


def test_409_says_from_where_it_is_to_be_asked(ledger: Store, witness: Witness) -> None:
    with ledger.reading() as reader:
        body = consistency_file(reader, 0, last_signed(reader)).to_bytes()
    witness.state, _ = cosign({}, body, witness.logs, WITNESS, NOW)  # which the ledger never heard of
    add(ledger, "a")
    sign(ledger, KeyRing(ORIGIN))
    cosigned(ledger, witness)
    assert [old for _, old in witness.asked] == [0, 46]


PLAIN = "text/plain"


@pytest.mark.parametrize(
    ("answers", "error", "why"),
    [
        ([(409, "text/x.tlog.size", b"99\n")], RolledBack, "has cosigned 99 entries, and 46 are signed here"),
        ([(409, "text/x.tlog.size", b"9\n")] * 3, WitnessTrouble, "it keeps changing what it has seen"),
        ([(409, PLAIN, b"no")], WitnessTrouble, "does not say which"),
        (
            [(422, PLAIN, b"root\r\n\x1b[1m differs")],
            NotVerified,
            r"has cosigned another history: root \\x1b\[1m differs",
        ),
        ([(400, PLAIN, b"")], WitnessTrouble, "400: it cannot read what it was sent"),
        ([(403, PLAIN, b"")], WitnessTrouble, "403: it does not accept the log's signature"),
        ([(404, PLAIN, b"")], WitnessTrouble, "404: it does not know this log"),
        ([(500, PLAIN, b"out of order")], WitnessTrouble, "500: out of order; the checkpoint is signed; ask again"),
        ([(503, PLAIN, b"")], WitnessTrouble, "503: it does not say why"),
        ([(307, PLAIN, b"")], WitnessTrouble, "it redirects to .*/elsewhere, and that is not followed"),
        ([(200, PLAIN, b"thank you\n")], WitnessTrouble, "its answer is no cosignature"),
        ([(200, PLAIN, b"")], WitnessTrouble, "its answer is no cosignature"),
        ([(200, PLAIN, b"\xff\n")], WitnessTrouble, "its answer is no cosignature"),
    ],
)
def test_every_other_answer_is_told_in_words_and_keeps_nothing(
    ledger: Store, witness: Witness, answers: list[tuple[int, str, bytes]], error: type[LedgerError], why: str
) -> None:
    witness.answer = list(answers)
    with ledger.reading() as reader:
        before = list(reader.checkpoints())
    with pytest.raises(error, match=why):
        ask(ledger, witness.url, WITNESS.cosigner)
    assert len(witness.asked) == len(answers)
    with ledger.reading() as reader:
        assert list(reader.checkpoints()) == before


def test_a_signature_that_is_not_the_witnesss_is_not_kept(ledger: Store, witness: Witness) -> None:
    with pytest.raises(NotVerified, match="no checkpoint of this ledger is cosigned by that"):
        ask(ledger, witness.url, Signer("w.example.net", bytes(32)).cosigner)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1/", "refused"),
        ("ftp://w.example.net", "no address of a witness"),
        ("w.example.net", "no address of a witness"),
        ("https://w.example.net:x/", "no address of a witness"),
        ("http://127.0.0.1:1/a b", "can't contain control characters"),
        ("http://", "no address of a witness"),
    ],
)
def test_a_witness_that_cannot_be_reached_is_told(ledger: Store, witness: Witness, url: str, why: str) -> None:
    with pytest.raises(WitnessTrouble, match=why):
        ask(ledger, url, WITNESS.cosigner)


# Offline


@pytest.fixture
def asked(ledger: Store) -> bytes:
    """What the log asks a witness that has seen nothing of it."""
    note = sign(ledger, KeyRing(ORIGIN))
    with ledger.reading() as reader:
        return consistency_file(reader, 0, note).to_bytes()


@pytest.fixture
def logs(ledger: Store) -> list[Verifier]:
    """The keys of the log."""
    with ledger.reading() as reader:
        return log_keys(reader)


def test_the_state_file_holds_what_was_cosigned_last_of_each_log(
    tmp_path: Path, asked: bytes, logs: list[Verifier]
) -> None:
    state = tmp_path / "state"
    other = Signer("example.org/other", bytes(32))
    elsewhere = ConsistencyFile(0, (), Checkpoint(other.name, 3, bytes(32)).sign(other)).to_bytes()
    for body in (asked, elsewhere):
        cosign_offline(state, body, [*logs, other.verifier], WITNESS, NOW)
    first, second = (ConsistencyFile.parse(body).checkpoint.text for body in (asked, elsewhere))
    assert state.read_text("utf-8") == f"{first}\n{second}"
    with pytest.raises(CosignRefused) as refused:
        cosign_offline(state, asked, logs, WITNESS, NOW)
    assert (refused.value.status, refused.value.recorded) == (409, 46)
    assert state.read_text("utf-8") == f"{first}\n{second}"


@pytest.mark.parametrize("text", ["", "nonsense", "a\n1\n", "\n\n"])
def test_a_state_that_cannot_be_read_is_no_empty_one(
    tmp_path: Path, asked: bytes, logs: list[Verifier], text: str
) -> None:
    (tmp_path / "state").write_text(text, "utf-8")
    with pytest.raises(NotVerified, match=r"the state of the witness, .*, cannot be read"):
        cosign_offline(tmp_path / "state", asked, logs, WITNESS, NOW)


def test_wherever_cosigning_stops_no_cosignature_is_out_that_the_state_does_not_know(
    tmp_path: Path, asked: bytes, logs: list[Verifier]
) -> None:
    state = tmp_path / "state"
    text = ConsistencyFile.parse(asked).checkpoint.text
    for _ in stops(lambda: cosign_offline(state, asked, logs, WITNESS, NOW)):
        assert not state.exists() or state.read_text("utf-8") == text
        state.unlink(missing_ok=True)
    assert state.read_text("utf-8") == text


def test_of_two_witnesses_with_one_state_that_cosign_at_once_only_one_cosigns(
    tmp_path: Path, asked: bytes, logs: list[Verifier]
) -> None:
    key = str(logs[0])
    ring = KeyRing("_witnesses", tmp_path / "keys")
    ring.create("w", "w")
    (tmp_path / "asked").write_bytes(asked)
    command = [sys.executable, "-m", "ledger", "checkpoint", "cosign", str(tmp_path / "asked"), "--log-key", key]
    environment = {"FORCE_LEDGER_KEYS": str(tmp_path / "keys"), "PYTHONPATH": str(ROOT), "PATH": ""}
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(4)
    ]
    told = [(process.communicate(), process.returncode) for process in processes]
    assert sorted(code for _, code in told) == [0, 4, 4, 4]
    signatures = [out for (out, _), code in told if code == 0]
    assert re.fullmatch("— w [A-Za-z0-9+/=]+\n", signatures[0])
    assert all("409: the last checkpoint seen here was of 46, not 0" in err for (_, err), code in told if code)
