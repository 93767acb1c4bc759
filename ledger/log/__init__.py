"""A transparency log: a Merkle tree, its proofs and tiles, signed checkpoints and witnesses (RFC 6962, C2SP).

The package imports nothing else of this project, so an auditor can use it alone. In reading order:

    tree         hashes, frontier, root          RFC 6962, section 2.1
    proof        inclusion and consistency       RFC 6962, sections 2.1.1 and 2.1.2
    tiles        the tree as static files        C2SP tlog-tiles
    encoding     numbers and base64 in texts
    key          verifier and signer keys        C2SP signed-note; DSSE
    note         signed notes, cosignatures      C2SP signed-note, tlog-cosignature
    checkpoint   size and root, signed           C2SP tlog-checkpoint
    policy       whose signatures are needed     C2SP tlog-policy
    proof_file   proofs with their checkpoints   C2SP tlog-proof, tlog-witness; the proof of a fork
    witness      when to cosign                  C2SP tlog-witness

Each module specifies its bytes, and raises LogError for any bad input. Each reads only what it would write itself, byte
for byte.
"""


class LogError(ValueError):
    """Bytes, a text, a key or a proof is not valid. The message says why."""
