"""The audit of a ledger, from its bytes alone: everything else that it holds is made anew from them and compared.

``source`` says what can be audited; ``tables`` and ``server`` read a ledger's tables (``database`` what SQLite says of
them), ``form`` the bytes of an entry, ``trail`` the submissions on end; ``relive`` builds the ledger that these bytes
make; ``evidence`` and ``model`` look at what lies beside a ledger; and ``audit`` has the checks in their order.
"""
