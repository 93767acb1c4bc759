"""The commands of keys, approve and the policy, as whoever types them sees them."""

import json
import re
from pathlib import Path

import pytest

from ledger.record.keys import KeyRing
from tests.conftest import Told

ORIGIN = "ledger.example.org/wm"
LETTER = "- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: P}\n"


@pytest.fixture(autouse=True)
def letter(tmp_path: Path) -> None:
    """A letter to append, in the folder of the ledger."""
    (tmp_path / "letter.yaml").write_text(LETTER, "utf-8")


def hired(told: Told, name: str, role: str, *more: str) -> str:
    """Make and authorise a recorder; the verifier key."""
    code, key, _ = told("keys", "create", name)
    assert code == 0
    assert told("keys", "authorise", key.strip(), "--role", role, *more, "--sign-as", "keeper")[0] == 0
    return key.strip()


def test_a_key_is_made_here_and_authorised_by_a_keeper(told: Told) -> None:
    code, out, err = told("keys", "create", "clerk")
    key = out.strip()
    assert (code, key.count("\n")) == (0, 0)
    assert f"    force-ledger keys authorise {key} --role clerk\n" in err
    options = ["--role", "clerk", "--kind", "concern", "--kind", "document", "--name", "The second desk"]
    assert told("keys", "authorise", key, *options, "--sign-as", "keeper")[1] == "Appended 1 (#2), 0 already recorded\n"
    rows = json.loads(told("keys", "list", "--json")[1])
    assert rows[-1] == {
        "key": "+".join(key.split("+")[:2]), "role": "clerk", "kinds": ["concern", "document"],
        "name": "The second desk", "authorised": 2, "recovered": False, "revoked": None, "here": True,
    }  # fmt: skip
    assert told("append", "letter.yaml", "--sign-as", "clerk")[0] == 0


@pytest.mark.parametrize("name", ["log", "a/b", "..", "a+b", "a b", "-x", ""])
def test_a_name_that_cannot_be_one_is_refused(told: Told, name: str) -> None:
    for command in (["create"], ["recover", "--reason", "Burnt."]):
        code, out, err = told("keys", *command, "--", name)
        assert (code, out) == (3, "")
        assert "cannot be a name here; write it like keeper or j.clerk" in err


def test_a_key_text_with_a_slip_is_refused(told: Told) -> None:
    key = told("keys", "create", "clerk")[1].strip()
    code, _, err = told("keys", "authorise", key[:-3], "--role", "clerk", "--sign-as", "keeper")
    assert code == 3
    assert re.fullmatch(r"Error: VKEY: .*; copy it as it was printed\n", err)


def test_every_slip_of_an_authorisation_is_told(told: Told) -> None:
    key = told("keys", "create", "clerk")[1].strip()
    options = ["--role", "boss", "--kind", "concrn", "--sign-as", "keeper"]
    code, _, err = told("keys", "authorise", key, *options)
    assert code == 3
    assert "--role: 'boss' is not a word of this field; write one of keeper, clerk or reviewer\n" in err
    assert "--kind: there is neither a kind nor a subject 'concrn'; see `force-ledger template`\n" in err


def test_a_revoked_key_signs_no_more(told: Told) -> None:
    id = "+".join(hired(told, "clerk", "clerk").split("+")[:2])
    assert told("keys", "revoke", id, "--reason", "Has left.", "--sign-as", "keeper")[0] == 0
    code, _, err = told("append", "letter.yaml", "--sign-as", "clerk")
    assert code == 3
    assert err == (
        f"Error: the key {id} has been revoked (#3); sign with a key that is authorised; "
        "`force-ledger keys list` has them\n"
    )


def test_four_eyes_from_policy_to_approval(told: Told, tmp_path: Path) -> None:
    hired(told, "reviewer", "reviewer")
    policy = ["policy", "set", "--four-eyes", "document", "--reason", "Two see more.", "--sign-as", "keeper"]
    assert told(*policy)[0] == 0
    assert "A second recorder approves: document\n" in told("keys", "list")[1]

    code, _, err = told("append", "letter.yaml", "--sign-as", "keeper")
    assert code == 3
    assert err.startswith("Error: letter.yaml:1:3: kind: document.registered needs a second recorder's approval; ")

    code, out, err = told("approve", "letter.yaml", "--sign-as", "reviewer", "-o", "approval.json")
    assert (code, out) == (0, "")
    assert err.startswith("document/letter: document registered  #4\n")
    assert "\nThis changes no state, on any day.\nApproved by reviewer+" in err
    approval = json.loads(Path("approval.json").read_text("utf-8"))
    assert set(approval) == {"ledger", "root", "size", "by", "signature", "salts"}
    again = json.loads(told("approve", "letter.yaml", "--sign-as", "reviewer")[1])
    assert again["root"] != approval["root"], "each has salts of its own"
    assert {**again, "root": "", "signature": "", "salts": []} == {**approval, "root": "", "signature": "", "salts": []}

    approved = ["append", "letter.yaml", "--sign-as", "keeper", "--approval", "approval.json"]
    assert told(*approved, "--dry-run")[1].endswith("Would append 1 (#4), 0 already recorded\n")
    assert told(*approved)[1] == "Appended 1 (#4), 0 already recorded\n"
    assert told(*approved)[1] == "Appended 0, 1 already recorded\n"
    assert re.search(r"^approved by reviewer\+[0-9a-f]{8}$", told("show", "#4")[1], re.MULTILINE)


def test_one_event_takes_an_approval_too(told: Told) -> None:
    hired(told, "reviewer", "reviewer")
    told("policy", "set", "--four-eyes", "document", "--reason", "Two see more.", "--sign-as", "keeper")
    told("approve", "letter.yaml", "--sign-as", "reviewer", "-o", "approval.json")
    said = [
        "document", "register", "--document", "letter", "--type", "inspectorate-letter", "--publisher", "P",
        "--sign-as", "keeper",
    ]  # fmt: skip
    approved = ["--approval", "approval.json"]
    assert told(*said, "--title", "A letter", *approved)[1] == "Appended 1 (#4), 0 already recorded\n"
    said[3] = "other"
    code, _, err = told(*said, "--title", "Another letter", *approved)
    assert (code, err) == (
        3, "Error: the approval is of another batch; approve this batch with `force-ledger approve`\n",
    )  # fmt: skip


def test_what_is_no_approval_is_refused(told: Told) -> None:
    code, _, err = told("append", "letter.yaml", "--approval", "letter.yaml")
    assert (code, err) == (3, "Error: letter.yaml: this is no approval; make one with `force-ledger approve`\n")
    assert told("append", "letter.yaml", "--approval", "nowhere.json")[0] == 2
    told("append", "letter.yaml")
    code, out, err = told("approve", "letter.yaml")
    assert (code, out, err) == (3, "", "Error: there is nothing new to approve; all of it is on record\n")


def test_a_rotation_keeps_who_it_is(told: Told) -> None:
    before = json.loads(told("keys", "list", "--json")[1])
    code, out, _ = told("keys", "rotate")
    assert code == 0
    assert re.match(r"The key is keeper\+[0-9a-f]{8} now\.", out)
    log_key, old, new = json.loads(told("keys", "list", "--json")[1])
    assert log_key == before[0]
    assert old == {**before[1], "revoked": 3, "here": False}
    assert (new["role"], new["authorised"], new["here"]) == ("keeper", 2, True)
    assert told("append", "letter.yaml")[0] == 0


def test_a_rotation_of_the_log_key_is_listed(told: Told) -> None:
    assert told("keys", "rotate", "--log")[0] == 0
    listed = told("keys", "list")[1]
    assert re.search(rf"^{ORIGIN}\+[0-9a-f]{{8}}  log; authorised #0; replaced #2$", listed, re.MULTILINE)
    assert re.search(rf"^{ORIGIN}\+[0-9a-f]{{8}}  log; authorised #2; on this machine$", listed, re.MULTILINE)
    assert told("keys", "rotate", "keeper", "--log")[0] == 2
    assert "replaced" not in told("keys", "list", "--known-at", "#1")[1]


def test_a_recovery_is_shown_as_one(told: Told, keys: Path) -> None:
    next(keys.rglob("keeper.key")).unlink()
    code, out, _ = told("keys", "recover", "second", "--reason", "The safe burnt out.")
    assert code == 0
    assert re.match(r"Recovered: second\+[0-9a-f]{8} is a keeper\.", out)
    assert re.search(
        r"^second\+[0-9a-f]{8} +keeper; recovered #2; on this machine$", told("keys", "list")[1], re.MULTILINE
    )
    assert "recorder.recovered" in told("log")[1]
    shown = told("show", "#2")[1]
    assert "The safe burnt out." in shown
    assert re.search(rf"recorded .* by {ORIGIN}\+[0-9a-f]{{8}}, in submission #2", shown)
    assert told("append", "letter.yaml")[0] == 0


def test_a_sealed_key_takes_its_passphrase(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = told("keys", "rotate", "--passphrase")
    assert code == 2
    assert "There is no terminal to ask for a passphrase" in err
    monkeypatch.setenv("FORCE_LEDGER_PASSPHRASE", "open sesame")
    assert told("keys", "rotate", "--passphrase")[0] == 0
    assert told("append", "letter.yaml")[0] == 0
    monkeypatch.setenv("FORCE_LEDGER_PASSPHRASE", "shut")
    code, _, err = told("policy", "set", "--reason", "None.")
    assert code == 1
    assert "this passphrase does not decrypt the key" in err
    monkeypatch.delenv("FORCE_LEDGER_PASSPHRASE")
    assert "is encrypted with a passphrase" in told("policy", "set", "--reason", "None.")[2]
    assert '"here": true' in told("keys", "list", "--json")[1]
    assert told("keys", "rotate")[0] == 2, "a sealed key is followed by a sealed one"


def test_a_person_is_asked_for_the_passphrase(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def prompt(text: str, **_: object) -> str:
        asked.append(text)
        return "open sesame"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", prompt)
    assert told("keys", "rotate", "--passphrase")[0] == 0
    assert told("append", "letter.yaml")[0] == 0
    assert asked == ["New passphrase", "Passphrase of the key keeper"]


def test_a_ledger_begins_with_sealed_keys(told: Told, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as environment:
        environment.setattr("sys.stdin.isatty", lambda: True, raising=False)
        environment.setattr("click.prompt", lambda *_, **__: "open sesame")
        assert told("--ledger", "sealed.db", "init", "--passphrase", "--origin", "sealed.example.org")[0] == 0
    ring = KeyRing("sealed.example.org", keys)
    assert all(ring.is_encrypted(file) for file in ("log", "keeper"))
    assert "— sealed.example.org " in told("--ledger", "sealed.db", "checkpoint", "print")[1], (
        "nobody was asked a second time"
    )
    assert "is encrypted with a passphrase" in told("--ledger", "sealed.db", "policy", "set", "--reason", "None.")[2]


def test_checking_asks_nobody_who_they_are(told: Told, keys: Path) -> None:
    hired(told, "reviewer", "reviewer")
    told("policy", "set", "--four-eyes", "document", "--reason", "Two see more.", "--sign-as", "keeper")
    for file in keys.rglob("*.key"):
        file.unlink()
    code, out, err = told("check", "letter.yaml")
    assert (code, err) == (0, "")
    assert out == (
        "document/letter: document registered  #4\n    document             letter\n"
        "    type                 inspectorate-letter\n    title                A letter\n"
        "    publisher            P\nThis changes no state, on any day.\n"
        "1 event can be recorded; 0 of them are on record already.\n"
    )
