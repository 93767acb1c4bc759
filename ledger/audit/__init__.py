"""The audit of a ledger, from its bytes alone: everything else that it holds is made anew from them and compared.

``source`` reads what is audited, ``form`` the bytes of an entry, ``trail`` the submissions on end, ``relive`` builds
the ledger that these bytes make, and ``audit`` has the checks in their order.
"""
