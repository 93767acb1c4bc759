"""The audit of a ledger from the bytes of its entries alone.

Start at ``verify``, which has the checks in their order. ``tables``, ``server`` and ``published`` are what can be
audited. ``form`` reads the bytes of one entry, ``walk`` the submissions in order. ``rebuild`` makes a ledger from these
bytes; everything else that is stored is compared with it, the read model in ``readmodel``.
"""
