"""The log: a Merkle tree and signed notes, as in RFC 6962 and C2SP. Imports nothing of ours, so that an auditor
can take it alone."""
