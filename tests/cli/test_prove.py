"""checkpoint, publish and prove, as whoever types them sees them."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.audit.sign import sign
from ledger.log.checkpoint import Checkpoint
from ledger.log.key import Verifier
from ledger.log.note import SignedNote
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.store.store import Store
from tests.conftest import Told
from tests.publish.test_checkpoints import outside
from tests.publish.test_witnesses import WITNESS, Witness, serving

ORIGIN = "ledger.example.org/wm"
LETTER = "- {{kind: document.registered, document: {id}, type: dataset, title: {id}, publisher: P}}\n"
NAME = "w.example.net/north"


def append(told: Told, id: str) -> tuple[int, str, str]:
    """Append one document; what is told, after what was understood."""
    Path(f"{id}.yaml").write_text(LETTER.format(id=id), "utf-8")
    code, out, err = told("append", f"{id}.yaml")
    return code, out, err.rpartition("This changes no state, on any day.\n")[2]


def printed(told: Told, *more: str) -> Path:
    """A file with what `checkpoint print` prints."""
    code, out, err = told("checkpoint", "print", *more)
    assert (code, err) == (0, "")
    path = Path(f"printed-{len(list(Path().glob('printed-*')))}")
    path.write_text(out, "utf-8")
    return path


def size(told: Told) -> int:
    """The size of the last signed checkpoint."""
    return int(told("checkpoint", "print")[1].split("\n")[1])


# Signing


def test_every_command_that_writes_signs(told: Told) -> None:
    assert size(told) == 2
    assert append(told, "a") == (0, "Appended 1 (#2), 0 already recorded\n", "")
    assert size(told) == 3
    register = ["--document", "b", "--type", "dataset", "--title", "B", "--publisher", "P"]
    assert told("document", "register", *register)[0] == 0
    assert size(told) == 4
    assert told("retract", "#3", "--reason", "A mistake.")[0] == 0
    assert size(told) == 5
    key = told("keys", "create", "clerk")[1].strip()
    assert told("keys", "authorise", key, "--role", "clerk", "--sign-as", "keeper")[0] == 0
    assert size(told) == 6
    assert told("keys", "rotate", "keeper")[0] == 0
    assert size(told) == 8
    assert told("keys", "rotate", "--log", "--sign-as", "keeper")[0] == 0
    assert size(told) == 9
    assert told("keys", "recover", "anew", "--reason", "They were lost.")[0] == 0
    assert size(told) == 10


def test_a_dry_run_signs_nothing(told: Told) -> None:
    Path("a.yaml").write_text(LETTER.format(id="a"), "utf-8")
    assert told("append", "a.yaml", "--dry-run")[0] == 0
    assert size(told) == 2


def test_where_the_log_key_never_was_nothing_is_signed_or_said(told: Told) -> None:
    KeyRing(ORIGIN).discard(LOG_KEY)
    KeyRing(ORIGIN).checkpoint.unlink()
    assert append(told, "a") == (0, "Appended 1 (#2), 0 already recorded\n", "")
    assert size(told) == 2
    code, _, err = told("checkpoint", "sign")
    assert code == 1
    assert re.match(r"Error: the log key .* is not in .*; sign on the machine that has it, or put it back", err)


def test_nobody_is_asked_for_a_passphrase_of_the_log_key(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_LEDGER_PASSPHRASE", "sesame")
    assert told("keys", "rotate", "--log", "--sign-as", "keeper", "--passphrase")[0] == 0
    assert size(told) == 3
    monkeypatch.delenv("FORCE_LEDGER_PASSPHRASE")
    assert append(told, "a") == (0, "Appended 1 (#3), 0 already recorded\n", "")
    assert size(told) == 3
    monkeypatch.setenv("FORCE_LEDGER_PASSPHRASE", "sesame")
    assert told("checkpoint", "sign")[0] == 0
    assert size(told) == 4


def test_a_ledger_that_was_rolled_back_is_told_at_the_next_append(told: Told) -> None:
    shutil.copy("ledger.db", "backup.db")
    append(told, "a")
    append(told, "b")
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        Path(name).unlink(missing_ok=True)
    Path("backup.db").rename("ledger.db")
    code, out, err = append(told, "c")
    assert (code, out) == (1, "")
    assert err == (
        "Error: the ledger lacks what was signed on this machine, up to #3: a backup took its place, or these keys "
        "recorded in a copy of its file; record in the file that has them, or bring the missing entries in from there "
        "(`force-ledger copy`); if there is none, create another ledger, so that this one has one history; "
        "`force-ledger practice` makes a copy to try things in\n"
    )
    for args in (["checkpoint", "sign"], ["checkpoint", "sign", "--full"]):
        assert told(*args)[0] == 1


def test_sign_prints_what_print_prints(told: Told) -> None:
    assert told("checkpoint", "sign", "--full") == told("checkpoint", "print")
    assert outside(KeyRing(ORIGIN)).to_bytes().decode() == told("checkpoint", "print")[1]


def test_vkey_prints_the_key_in_force_and_the_earlier_ones(told: Told) -> None:
    first = told("checkpoint", "vkey")[1]
    assert told("keys", "rotate", "--log")[0] == 0
    second = told("checkpoint", "vkey")[1]
    assert (first.count("\n"), second.count("\n"), first != second) == (1, 1, True)
    assert told("checkpoint", "vkey", "--rotated")[1] == first + second


# Comparing


def test_checkpoints_of_one_history(told: Told) -> None:
    old = printed(told)
    append(told, "a")
    new = printed(told)
    key = told("checkpoint", "vkey")[1].strip()
    same = (0, "The same: 3 entries with one root.\n", "")
    assert told("checkpoint", "compare", str(new)) == same
    assert told("checkpoint", "compare", str(new), str(new), "--log-key", key) == same
    grown = (0, "One history: the 3 entries continue the 2.\n", "")
    assert told("checkpoint", "compare", str(old), "-o", "grown") == grown
    assert told("checkpoint", "compare", str(new), str(old), "--log-key", key) == grown
    assert Path("grown").read_text("utf-8") == printed(told, "--since", "2").read_text("utf-8")
    away = ["--ledger", "nowhere.db", "checkpoint", "compare"]
    assert told(*away, str(old), str(new))[0] == 2
    code, _, err = told(*away, str(old), str(new), "--log-key", key)
    assert code == 6
    assert "there is no copy of it here; name a copy that is as large with --ledger" in err
    assert told(*away, str(old))[0] == 6


def test_a_fork_ends_with_5_and_leaves_its_proof(told: Told, tmp_path: Path) -> None:
    with closing(sqlite3.connect("ledger.db")) as source, source, closing(sqlite3.connect("twin.db")) as copy, copy:
        source.backup(copy)
    append(told, "a")
    before = outside(KeyRing(ORIGIN))
    (KeyRing(ORIGIN).folder / "checkpoint").unlink()
    Path("b.yaml").write_text(LETTER.format(id="b"), "utf-8")
    assert told("--ledger", "twin.db", "append", "b.yaml")[0] == 0
    lie = outside(KeyRing(ORIGIN))
    assert (before.size, before.checkpoint != lie.checkpoint) == (lie.size, True)
    Path("lie").write_bytes(lie.to_bytes())
    code, out, err = told("checkpoint", "compare", "lie", "-o", "fork")
    assert (code, out) == (5, "")
    assert (
        err == f"Error: FORK: {ORIGIN} has signed two histories, of 3 entries; fork proves it to anybody: publish it\n"
    )
    assert Path("fork").read_text("utf-8").startswith("force-ledger/fork@v1\nroot ")


@pytest.mark.parametrize("data", ["", "nonsense\n", "a\n1\n\n"])
def test_what_is_no_checkpoint_is_bad_content(told: Told, data: str) -> None:
    Path("bad").write_text(data, "utf-8")
    code, _, err = told("checkpoint", "compare", "bad")
    assert code == 3
    assert re.fullmatch(r"Error: bad: .*; give a signed checkpoint\n", err)


# Witnesses


@pytest.fixture
def witness_key(told: Told) -> str:
    """The verifier key of a witness that is made here."""
    code, out, err = told("--ledger", "nowhere.db", "keys", "create", NAME, "--witness")
    assert (code, err) == (0, "")
    return out.strip()


def test_a_witness_without_a_server_cosigns_and_the_log_keeps_it(told: Told, witness_key: str) -> None:
    key = told("checkpoint", "vkey")[1].strip()
    away = ["--ledger", "nowhere.db", "checkpoint", "cosign"]
    for since in ("0", "2"):
        code, line, err = told(*away, str(printed(told, "--since", since)), "--log-key", key)
        assert (code, err) == (0, "")
        Path("cosignature").write_text(line, "utf-8")
        code, note, err = told("checkpoint", "add", "cosignature", "--witness-key", witness_key)
        assert (code, err) == (0, "")
        assert note == told("checkpoint", "print")[1]
        assert note.endswith(f"\n{line}")
        append(told, f"d{since}")


@pytest.mark.parametrize(
    ("since", "exit_code", "why"),
    [
        ("0", 4, r"409: the last checkpoint seen here was of 2, not 0; ask the log for `checkpoint print --since 2`"),
        ("bad", 3, r"400: .*; give what `checkpoint print --since SIZE` printed"),
        ("other", 5, r"403: no key of .*; check the key of the log"),
        ("unknown", 6, r"404: the log .* is not known here; give the key of the log"),
        ("lie", 5, r"422: the proof does not show .*; store the file"),
    ],
)
def test_a_refusal_is_told_by_its_number(told: Told, witness_key: str, since: str, exit_code: int, why: str) -> None:
    key = told("checkpoint", "vkey")[1].strip()
    first = printed(told, "--since", "0")
    assert told("checkpoint", "cosign", str(first), "--log-key", key, "--state", "state")[0] == 0
    asked = first.read_text("utf-8")
    if since == "bad":
        first.write_text("nonsense", "utf-8")
    elif since in ("other", "unknown"):
        origin = ORIGIN if since == "other" else "example.org/other"
        key = str(KeyRing("elsewhere").create("a", origin).verifier)
    elif since == "lie":
        lie = Checkpoint(ORIGIN, 2, bytes(32)).sign(KeyRing(ORIGIN).read(LOG_KEY))
        first.write_bytes(asked.partition("\n\n")[0].replace("old 0", "old 2").encode() + b"\n\n" + lie.to_bytes())
    before = Path("state").read_text("utf-8")
    code, out, err = told("checkpoint", "cosign", str(first), "--log-key", key, "--state", "state")
    assert (code, out) == (exit_code, "")
    assert re.match(f"Error: {first}: {why}", err)
    assert Path("state").read_text("utf-8") == before


def test_a_witness_that_trusts_nobody_is_a_usage_error(told: Told, witness_key: str) -> None:
    asked = str(printed(told, "--since", "0"))
    assert told("checkpoint", "cosign", asked)[0] == 2
    Path("policy").write_text("log nonsense\nquorum none\n", "utf-8")
    code, _, err = told("checkpoint", "cosign", asked, "--policy", "policy")
    assert code == 3
    assert err.startswith("Error: policy: line 1: ")
    Path("policy").write_text(f"log {told('checkpoint', 'vkey')[1].strip()}\nquorum none\n", "utf-8")
    assert told("checkpoint", "cosign", asked, "--policy", "policy")[0] == 0
    assert told("checkpoint", "cosign", asked, "--policy", "policy", "--log-key", "x")[0] == 2


def test_a_witness_on_the_network_cosigns(told: Told) -> None:
    with Store(Path("ledger.db")) as ledger:
        sign(ledger, KeyRing(ORIGIN))
    with serving(Witness([Verifier.parse(told("checkpoint", "vkey")[1].strip())])) as witness:
        code, note, err = told("checkpoint", "witness", witness.url, "--witness-key", str(WITNESS.cosigner))
    assert (code, err) == (0, "")
    assert note == told("checkpoint", "print")[1]
    assert [signature.name for signature in SignedNote.parse(note.encode()).signatures] == [ORIGIN, WITNESS.name]
    code, _, err = told("checkpoint", "witness", witness.url, "--witness-key", str(WITNESS.cosigner))
    assert code == 1
    assert "the checkpoint is signed; ask again, or another witness" in err


def test_a_key_that_is_none_is_told_by_its_option(told: Told) -> None:
    Path("cosignature").write_text("— w AAAAAAAA\n", "utf-8")
    code, _, err = told("checkpoint", "add", "cosignature", "--witness-key", "nonsense")
    assert code == 3
    assert re.fullmatch(r"Error: --witness-key: .*; copy it as it was printed\n", err)


# Publishing and proving


def test_publish_tells_what_it_did(told: Told) -> None:
    assert told("publish", "log") == (0, f"log has the 2 entries of {ORIGIN}: 4 files written.\n", "")
    assert told("publish", "log") == (0, f"log has the 2 entries of {ORIGIN}: 0 files written.\n", "")
    assert sorted(path.name for path in Path("log").iterdir()) == [".lock", "checkpoint", "data", "tile"]


def test_prove_gives_the_file_and_tells_what_it_proves(told: Told) -> None:
    append(told, "a")
    code, out, err = told("prove", "#2")
    assert code == 0
    assert told("prove", "2", "-o", "proof.json") == (0, "", err)
    assert Path("proof.json").read_text("utf-8") == out
    lines = err.splitlines()
    assert lines[0] == f"The log {ORIGIN} at 3 entries, signed by it, cosigned by no witness that is known here."
    assert re.fullmatch(
        r"#2 document\.registered in document/a, number 0: recorded at \S+Z, signed by keeper\+[0-9a-f]{8}\.", lines[1]
    )
    assert lines[2].startswith("Not shown: what was recorded later")


def test_prove_gives_the_plain_proof_and_the_bytes_that_go_with_it(told: Told) -> None:
    append(told, "a")
    code, proof, err = told("prove", "#2", "--tlog")
    assert (code, err) == (0, "")
    assert proof.startswith("c2sp.org/tlog-proof@v1\nindex 2\n")
    assert told("prove", "#2", "--entry-bytes")[1].startswith('{"event":{"commitment":')
    assert told("prove", "#2", "--data-bytes", "-o", "data")[0] == 0
    assert Path("data").read_bytes()[16:].startswith(b'{"document":"a"')
    assert told("prove", "#0", "--data-bytes")[0] == 3


def test_verify_takes_what_a_person_names(told: Told) -> None:
    append(told, "a")
    key = told("checkpoint", "vkey")[1].strip()
    assert told("verify", "ledger.db")[0] == 0
    assert told("prove", "#2", "--tlog", "-o", "p2.tlog-proof")[0] == 0
    code, _, err = told("verify", "p2.tlog-proof", "--log-key", key)
    assert (code, err) == (3, "Error: this proof does not contain its entry; give the envelope with --entry FILE\n")
    assert told("prove", "#2", "--entry-bytes", "-o", "p2")[0] == 0
    assert told("verify", "p2.tlog-proof", "--log-key", key)[0] == 0


def test_an_extract_says_that_it_is_the_logs_word(told: Told) -> None:
    append(told, "a")
    code, _, err = told("prove", "--matter", "document/a")
    assert code == 0
    assert "these are all its entries of document/a, at 3 entries.\nThis is only a statement of the log: " in err
    assert told("prove", "--body", "atlantis")[0] == 6
    assert told("prove", "--matter", "document/none")[0] == 6


@pytest.mark.parametrize(
    "args", ["", "2 --body x", "--matter m --tlog", "2 --tlog --entry-bytes", "--body b --matter m"]
)
def test_prove_takes_one_thing(told: Told, args: str) -> None:
    assert told("prove", *args.split())[0] == 2


def test_what_is_not_there_is_not_proved(told: Told) -> None:
    for id in ("#9", "f" * 64):
        assert told("prove", id) == (6, "", f"Error: there is no entry {id}; see `force-ledger log`\n")
    code, out, err = told("prove", "nonsense")
    assert (code, out) == (6, "")
    assert err.startswith("Error: nothing is on record as 'nonsense'; name an entry as #12")
