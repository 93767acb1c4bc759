"""What a ledger shows to others: signed checkpoints, the published log, proofs. Start with `checkpoints`.

checkpoints   sign the head, store cosignatures
witness       ask a witness over HTTP, or be one offline
consistency   compare two checkpoints: a consistency file, or the proof of a fork
publish       write the log as static files
prove         make a proof of an entry, or an extract
proof_json    the JSON form of such a proof
check_proof   check any proof with a key or policy alone, without a ledger
"""
