"""The audit of a ledger from its bytes alone: everything else that it holds is rebuilt from them and compared.

Start at ``verify``, which has the checks in their order. ``audited`` says what can be audited; ``tables`` and
``server`` read a ledger's tables (``database`` what both need for that), ``form`` the bytes of one entry, ``walk`` the
submissions in order. ``rebuild`` makes the ledger of these bytes; ``evidence`` and ``readmodel`` check what lies beside
it.
"""
