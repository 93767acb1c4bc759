"""Policies: whose signatures are wanted is said clearly, and missing ones are named."""

from itertools import chain, combinations

import pytest

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.key import Signer
from ledger.log.policy import Group, Policy
from tests.support.ed25519 import TWINS
from tests.support.rfc6962 import LEAVES

LOG, OTHER_LOG = Signer("example.org/log", bytes(32)), Signer("example.org/other", bytes([9] * 32))
NORTH, SOUTH, PRESS = (Signer(f"{name}.example.net/w", bytes([i] * 32)) for i, name in enumerate("nsp", 1))
WITNESSES = {"north": NORTH, "south": SOUTH, "press": PRESS}
NOW = 1_795_253_400
NOTE = Checkpoint(LOG.name, 1, LEAVES[0]).sign(LOG)
KEYS = f"log {LOG.verifier}\n" + "".join(f"witness {name} {key.cosigner}\n" for name, key in WITNESSES.items())
FULL = f"""\
# What the auditors have agreed on.

{KEYS}
group auditors any north south
  group everybody 2 auditors press\t
quorum everybody
"""


def cosigned(*names: str) -> SignedCheckpoint:
    """The checkpoint, with the cosignatures of some witnesses."""
    return NOTE.with_signatures(*(NOTE.cosign(WITNESSES[name], NOW) for name in names))


def test_a_policy_is_read() -> None:
    policy = Policy.parse(FULL)
    assert policy.logs == (LOG.verifier,)
    assert policy.witnesses == {name: key.cosigner for name, key in WITNESSES.items()}
    assert policy.groups == {
        "auditors": Group(1, ("north", "south")),
        "everybody": Group(2, ("auditors", "press")),
    }
    assert policy.quorum == "everybody"
    assert Policy.parse(FULL.replace("\n", "\r\n")) == policy


def test_an_address_may_stand_after_a_key() -> None:
    with_address = (
        f"log {LOG.verifier} https://log.example.org/\nwitness w {NORTH.cosigner} https://w.example\nquorum w"
    )
    assert Policy.parse(with_address) == Policy((LOG.verifier,), {"w": NORTH.cosigner}, {}, "w")


def test_without_a_quorum_the_log_alone_is_believed() -> None:
    policy = Policy.parse(f"log {OTHER_LOG.verifier}\nlog {LOG.verifier}\nquorum none\n")
    assert list(policy.verify(NOTE)) == [LOG.verifier]
    with pytest.raises(LogError, match=r"no key of example\.org/log"):
        Policy((OTHER_LOG.verifier,)).verify(NOTE)


@pytest.mark.parametrize("names", list(chain(*(combinations(WITNESSES, n) for n in range(4)))), ids=str)
def test_the_quorum_is_reached_by_these_and_no_others(names: tuple[str, ...]) -> None:
    enough = {
        "north": "north" in names,
        "two": len(names) >= 2,
        "everyone": len(names) == 3,
        "anyone": len(names) > 0,
        "nested": "press" in names and len(names) > 1,
    }
    groups = (
        "group two 2 north south press\ngroup everyone all north south press\ngroup anyone any press south north\n"
        "group region any north south\ngroup nested all press region\n"
    )
    for quorum, reached in enough.items():
        policy = Policy.parse(f"{KEYS}{groups}quorum {quorum}\n")
        if reached:
            assert set(policy.verify(cosigned(*names))) == {
                LOG.verifier, *(WITNESSES[name].cosigner for name in names)
            }  # fmt: skip
        else:
            with pytest.raises(
                LogError, match=f"cosigned by {', '.join(names) or 'no witness'}; the quorum is {quorum}"
            ):
                policy.verify(cosigned(*names))


def test_what_is_missing_is_named() -> None:
    with pytest.raises(LogError, match="cosigned by south; the quorum is everybody: 2 of auditors, press"):
        Policy.parse(FULL).verify(cosigned("south"))


def test_a_bad_cosignature_is_not_passed_over() -> None:
    bad = NOTE.cosign(NORTH, NOW)
    bad = type(bad)(bad.name, bad.hash, bad.data[:-1] + bytes([bad.data[-1] ^ 1]))
    with pytest.raises(LogError, match="is not valid"):
        Policy.parse(FULL).verify(cosigned("south", "press").with_signatures(bad))


def test_a_witness_counts_once() -> None:
    policy = Policy.parse(f"{KEYS}group two 2 north south\nquorum two\n")
    with pytest.raises(LogError, match="cosigned by north; the quorum is two"):
        policy.verify(cosigned("north", "north"))


LOG_LINE, NORTH_LINE = KEYS.splitlines()[:2]
BAD = {
    "no log": (f"{NORTH_LINE}\nquorum north", "names no log"),
    "nothing": ("", "names no log"),
    "no quorum": (KEYS, "has no quorum"),
    "two quorums": (f"{KEYS}quorum north\nquorum none", "line 6: there is a quorum already"),
    "unknown quorum": (f"{KEYS}quorum east", "line 5: no earlier line names a witness or group 'east'"),
    "unknown member": (f"{KEYS}group g any north east\nquorum g", "line 5: no earlier line names .* 'east'"),
    "cycle": (f"{KEYS}group a any b\ngroup b any a\nquorum a", "line 5: no earlier line names a witness or group 'b'"),
    "itself": (f"{KEYS}group a any a\nquorum a", "line 5: no earlier line names a witness or group 'a'"),
    "below": (f"{LOG_LINE}\nquorum north\n{NORTH_LINE}", "line 2: no earlier line names a witness or group 'north'"),
    "no members": (f"{KEYS}group a any\nquorum a", "line 5: not `log`"),
    "none of them": (f"{KEYS}group a 0 north\nquorum a", "line 5: 0 of 1: give 1 to 1"),
    "too many": (f"{KEYS}group a 3 north south\nquorum a", "line 5: 3 of 2: give 1 to 2"),
    "no number": (f"{KEYS}group a most north south\nquorum a", "line 5: 'most' is not a number"),
    "member twice": (f"{KEYS}group a 2 north north\nquorum a", "line 5: the group has a member twice"),
    "name taken": (f"{KEYS}group north any south\nquorum north", "line 5: the name 'north' is taken"),
    "witness twice": (f"{KEYS}{NORTH_LINE}\nquorum north", "line 5: the name 'north' is taken"),
    "none is no name": (f"{KEYS}group none any north\nquorum none", "line 5: the name 'none' is taken"),
    "key twice": (f"{KEYS}witness w {NORTH.cosigner}\nquorum w", r"line 5: the key of n\.\S+ is here twice"),
    "log twice": (f"{LOG_LINE}\n{LOG_LINE}\nquorum none", r"line 2: the key of example\.org/log is here twice"),
    "its own witness": (f"{LOG_LINE}\nwitness w {LOG.cosigner}\nquorum w", "line 2: .* is here twice"),
    "keys of one name and hash": (
        "".join(f"log {Signer('clerk', seed).verifier}\n" for seed in TWINS["clerk"]),
        "line 2: .* another of its name and hash",
    ),
    "a witness as log": (f"log {NORTH.cosigner}\nquorum none", "line 1: not a key of type 0x01"),
    "a log as witness": (f"{LOG_LINE}\nwitness w {NORTH.verifier}\nquorum w", "line 2: not a key of type 0x04"),
    "damaged key": (f"log {str(LOG.verifier)[:-4]}AAAA\nquorum none", "line 1: the hash is not that of the key"),
    "unknown word": (f"{KEYS}quorums north", "line 5: not `log`, `witness`, `group` or `quorum`"),
    "too much": (f"{KEYS}quorum north south", "line 5: not `log`"),
    "comment at the end": (f"{KEYS}quorum north # yes", "line 5: not `log`"),
    "too long": ("#" * 70_000, "is longer than"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BAD.values(), ids=BAD)
def test_what_is_not_clear_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(LogError, match=says):
        Policy.parse(text)
