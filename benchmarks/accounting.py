"""The same facts in the plain-text ledgers that accountants use, which keep nothing and sign nothing: a fact is one
directive of beancount, or one transaction of hledger, and what is asked is put together from the file each time."""

import json
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.table import Contender, Missing, lasting, milliseconds
from benchmarks.workload import facts

Fact = dict[str, Any]
DAY = "2020-06-15"
_PLUGIN = 'plugin "beancount.plugins.auto_accounts"\n'


def bean_check(size: int) -> Contender:
    """Milliseconds of a whole `bean-check`, of facts as `custom` directives; without its cache, as after a change."""

    def work(folder: Path) -> float:
        file = _written("customs.beancount", size, _custom)
        return milliseconds([_bean("bean-check"), str(file)], BEANCOUNT_DISABLE_LOAD_CACHE="1")

    return work


def bean_query(size: int) -> Contender:
    """Milliseconds of a whole `bean-query` for the last fact of each matter of one body by a day, of facts as
    transactions; from its cache, which it keeps beside the file."""
    query = (
        "SELECT account, last(date), last(payee), last(narration) "
        f"WHERE account ~ '^Assets:Body-0:' AND date <= {DAY} GROUP BY account"
    )

    def work(folder: Path) -> float:
        file = _written("facts.beancount", size, _bean_transaction, _PLUGIN)
        return milliseconds([_bean("bean-query"), str(file), query])

    return work


def hledger_check(size: int) -> Contender:
    """Milliseconds of a whole `hledger check`."""
    return lambda folder: _hledger(size, "check")


def hledger_balance(size: int) -> Contender:
    """Milliseconds of a whole `hledger balance` of one body by a day."""
    return lambda folder: _hledger(size, "balance", "^body-0:", "-e", DAY)


def _bean(name: str) -> str:
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise Missing(f"{name} is not installed (`make bench` installs what it can)")
    return str(path)


def _hledger(size: int, *asked: str) -> float:
    if shutil.which("hledger") is None:
        raise Missing("hledger is not installed")
    return milliseconds(["hledger", "-f", str(_written("facts.journal", size, _transaction)), *asked])


@cache
def _written(name: str, size: int, form: Callable[[Fact], str], first: str = "") -> Path:
    path = lasting("force-ledger-bench-accounting-") / name
    path.write_text(first + "".join(map(form, facts(size))), "utf-8")
    return path


def _custom(fact: Fact) -> str:
    return f'{_day(fact)} custom "{fact["kind"]}" "{_body(fact)}" "{_matter(fact)}" {_quoted(fact)}\n'


def _bean_transaction(fact: Fact) -> str:
    account = ":".join(["Assets", _body(fact).title(), *(part.title() for part in _matter(fact).split("/"))])
    return f'{_day(fact)} * "{fact["kind"]}" {_quoted(fact)}\n  {account}  1 FACT\n  Equity:Record  -1 FACT\n\n'


def _transaction(fact: Fact) -> str:
    account = f"{_body(fact)}:{_matter(fact).replace('/', ':')}"
    return f"{_day(fact)} {fact['kind']}  ; {json.dumps(fact)}\n    {account}  1\n    record\n\n"


def _day(fact: Fact) -> str:
    text = str(fact.get("effective") or fact.get("published") or "2013-12-31")
    return "-".join([*text.split("-"), "01", "01"][:3])


def _body(fact: Fact) -> str:
    return str(fact.get("body") or fact.get("stream", "record").partition("/")[0])


def _matter(fact: Fact) -> str:
    named = ("concern", "inspection", "statement", "statistic", "finding", "review", "document")
    name = next((name for name in named if name in fact), "")
    return f"{name}/{fact[name]}" if name else fact["kind"].partition(".")[0]


def _quoted(fact: Fact) -> str:
    return json.dumps(json.dumps(fact))
