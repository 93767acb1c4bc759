"""A transparency log: a Merkle tree, its proofs and tiles, signed checkpoints and witnesses (RFC 6962, C2SP).

The package imports nothing else of this project, so an auditor can take it alone. In reading order:

    tree         hashes, frontier, root          RFC 6962, section 2.1
    proof        inclusion and consistency       RFC 6962, sections 2.1.1 and 2.1.2
    tiles        the tree as static files        C2SP tlog-tiles
    encoding     numbers and base64 in texts
    key          verifier and signer keys        C2SP signed-note; DSSE
    note         signed notes, cosignatures      C2SP signed-note, tlog-cosignature
    checkpoint   size and root, signed           C2SP tlog-checkpoint
    policy       whose signatures are needed     C2SP tlog-policy
    proof_file   proofs with their checkpoint    C2SP tlog-proof, tlog-witness
    fork         the proof of two histories
    witness      when to cosign                  C2SP tlog-witness

Each module specifies its bytes. Each raises LogError for bad input, whatever is wrong with it. Every text or file that
is read is the one that writing gives, byte for byte.
"""


class LogError(ValueError):
    """Bytes, a text, a key or a proof is not valid. The message says why."""
