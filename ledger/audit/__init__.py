"""The audit of a ledger from its entries alone.

Start at ``verify``, which has the checks in their order. ``tables``, ``server`` and ``published`` read what is audited:
a file, a server, a published log. ``walk`` reads the submissions in order. ``rebuild`` rebuilds a ledger from these
bytes, and everything else that is stored is compared with it. ``readmodel`` checks the read model.
"""
