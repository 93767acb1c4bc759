"""The log: a Merkle tree, proofs, tiles, signed notes and witnesses, as in RFC 6962 and C2SP. Imports nothing of ours,
so that an auditor can take it alone.

Every module has one error for bad input, however bad: LogError. What is read back is what was written, byte for byte.
"""


class LogError(ValueError):
    """Bytes, a text, a key or a proof that is not what it should be. The message says what is wrong with it."""
