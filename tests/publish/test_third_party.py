"""What is published is checked by code that nobody here wrote, from its files alone: signatures by pycryptodome and by
OpenSSL, the tree and its proofs by pymerkle, canonical JSON by rfc8785, recorders' DSSE signatures by securesystemslib.
"""

import base64
import json
import shutil
import subprocess
from contextlib import redirect_stdout
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from Crypto.Signature import eddsa
from pymerkle import (  # type: ignore[import-untyped]
    ConsistencyProof,
    InclusionProof,
    InmemoryTree,
    InvalidProof,
    verify_consistency,
    verify_inclusion,
)
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Signature, SSlibKey  # type: ignore[attr-defined]

from ledger.cli import run

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "west-midlands").glob("*.yaml"))


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the published log of the demo, an earlier checkpoint of it, its key, and proofs of an entry. An
    entry was published, and then withheld."""
    folder = tmp_path_factory.mktemp("public")
    more = "".join(
        f"- {{kind: document.registered, document: d-{n}, type: dataset, title: D {n}, publisher: P}}\n"
        for n in range(200)
    )
    (folder / "more.yaml").write_text(more, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        patch.chdir(folder)
        assert run(["init", "--origin", "example.org/third"]) == 0
        assert run(["publish", "log"]) == 0
        (folder / "earlier").write_bytes((folder / "log" / "checkpoint").read_bytes())
        assert run(["append", *map(str, EXAMPLES)]) == 0
        assert run(["append", "more.yaml"]) == 0
        assert run(["publish", "log"]) == 0
        assert run(["retract", "#250", "--reason", "A name."]) == 0
        assert run(["withhold", "#250", "--ground", "court-order", "--reason", "Ordered.", "--yes"]) == 0
        assert run(["publish", "log"]) == 0
        assert run(["prove", "#100", "--tlog", "-o", "100.tlog-proof"]) == 0
        with (folder / "vkey").open("w") as key, redirect_stdout(key):
            assert run(["checkpoint", "vkey"]) == 0
    return folder


def key_of(text: str) -> bytes:
    """The public key of a verifier key."""
    return base64.b64decode(text.split("+", 2)[2])[1:]


def checkpoint(path: Path) -> tuple[bytes, bytes, int, bytes]:
    """The text of a signed checkpoint, the signature of its first line, the size and the root."""
    text, _, lines = path.read_bytes().partition(b"\n\n")
    _, size, root = text.decode().split("\n")
    line = lines.decode().split("\n")[0]
    assert line.startswith("— example.org/third ")
    return text + b"\n", base64.b64decode(line.split(" ")[2])[4:], int(size), base64.b64decode(root)


def entries(folder: Path, size: int) -> list[bytes]:
    """The entries of the published bundles: each after its length in two bytes."""
    found: list[bytes] = []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        data = (folder / "tile" / "entries" / f"{number:03}{'' if width == 256 else f'.p/{width}'}").read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    return found


@pytest.mark.parametrize("name", ["earlier", "log/checkpoint"])
def test_pycryptodome_finds_the_signature_of_the_log_good(public: Path, name: str) -> None:
    text, signature, _, _ = checkpoint(public / name)
    verifier = eddsa.new(eddsa.import_public_key(key_of((public / "vkey").read_text().strip())), "rfc8032")
    verifier.verify(text, signature)
    with pytest.raises(ValueError, match="not authentic"):
        verifier.verify(text + b"x", signature)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not here")
@pytest.mark.parametrize("more", [b"", b"x"])
def test_openssl_says_the_same(public: Path, tmp_path: Path, more: bytes) -> None:
    text, signature, _, _ = checkpoint(public / "log/checkpoint")
    key = eddsa.import_public_key(key_of((public / "vkey").read_text().strip()))
    (tmp_path / "key.pem").write_text(str(key.export_key(format="PEM")))
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "text").write_bytes(text + more)
    command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode == 0) == (not more)


def tree(data: list[bytes]) -> InmemoryTree:
    """The tree over entries, as pymerkle makes it."""
    made = InmemoryTree(algorithm="sha256")
    for entry in data:
        made.append_entry(entry)
    return made


def test_pymerkle_comes_to_the_roots_that_the_log_has_signed(public: Path) -> None:
    _, _, earlier, earlier_root = checkpoint(public / "earlier")
    _, _, size, root = checkpoint(public / "log/checkpoint")
    made = tree(entries(public / "log", size))
    assert (made.get_size(), made.get_root(), made.get_root(earlier)) == (size, root, earlier_root)
    proof = made.prove_consistency(earlier, size)
    assert isinstance(proof, ConsistencyProof)
    verify_consistency(earlier_root, root, proof)


def test_pymerkle_takes_our_proof_of_inclusion_for_one(public: Path) -> None:
    _, _, size, root = checkpoint(public / "log/checkpoint")
    lines = (public / "100.tlog-proof").read_text("utf-8").partition("\n\n")[0].split("\n")
    assert lines[1] == "index 100"
    data = entries(public / "log", size)
    leaf = sha256(b"\x00" + data[100]).digest()
    ours = [leaf.hex(), *(base64.b64decode(line).hex() for line in lines[2:])]
    theirs = tree(data).prove_inclusion(101, size).serialize()
    verify_inclusion(leaf, root, InclusionProof.deserialize({**theirs, "path": ours}), index=101, size=size)
    with pytest.raises(InvalidProof):
        verify_inclusion(
            leaf, root, InclusionProof.deserialize({**theirs, "path": [*ours[:-1], ours[0]]}), index=101, size=size
        )


def test_securesystemslib_finds_the_signature_of_every_recorder_good(public: Path) -> None:
    _, _, size, _ = checkpoint(public / "log/checkpoint")
    data = entries(public / "log", size)
    said = [json.loads(entry) for entry in data]
    assert [rfc8785.dumps(entry) for entry in said] == data
    keys = {
        entry["event"]["data"]["recorder"]: entry["event"]["data"]["key"]
        for entry in said
        if entry["event"]["kind"] == "recorder.authorised"
    }
    firsts = [entry for position, entry in enumerate(said) if entry["submission"]["first"] == position]
    assert sum(first["submission"]["size"] for first in firsts) == size
    assert len(firsts) == 5
    for first in firsts:
        place, id = first["submission"], first["recorded_by"]
        batch = said[place["first"] : place["first"] + place["size"]]
        ids = tree([sha256(rfc8785.dumps(entry["event"])).digest() for entry in batch])
        before = tree(data[: place["first"]])
        assert base64.b64decode(place["seen"]["root"]) == (before.get_root() if place["first"] else sha256().digest())
        key = SSlibKey(id, "ed25519", "ed25519", {"public": key_of(keys[id]).hex()})
        payload = {
            "ledger": first["event"]["ledger"], "root": base64.b64encode(ids.get_root()).decode(),
            "seen": place["seen"], "size": place["size"], "rules": place["rules"], "recorded_at": first["recorded_at"],
        }  # fmt: skip
        assert set(envelope(payload, place["signature"], id).verify([key], 1)) == {id}
        with pytest.raises(VerificationError):
            envelope({**payload, "size": place["size"] + 1}, place["signature"], id).verify([key], 1)


def envelope(payload: dict[str, Any], signature: str, id: str) -> Envelope:
    """A DSSE envelope of a submission."""
    kind = "application/vnd.force-ledger.submission+json"
    return Envelope(rfc8785.dumps(payload), kind, {id: Signature(id, base64.b64decode(signature).hex())})
