"""Whatever bytes come in, a parser reads them or refuses them with its own error, soon and in little memory."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import web
from tests.fuzz.parsers import Parser, parsers
from tests.test_web import Server

TIMES = int(os.environ.get("FORCE_LEDGER_TEST_TIMES", "1"))
PARTS = 8
LONGEST, MOST_SECONDS, MOST_MEMORY = 50_000, 5.0, 400 << 20
PIECES = st.sampled_from(
    [
        b"\n", b"\n\n", b"\r\n", b"\0", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xcc\x81",
        b"\xe2\x80\x94 ", b"\x1b[2J", b" ", b"\\ud800", b"9" * 20, b"-1", b"0", b"1e9", b"null", b"{", b"[", b'"', b"'",
        b":", b"- ", b"&a ", b"*a ", b"=", b"+", b"<!--", b"<p>", b"&#x;", b"...", b"/", b"../",
    ]
)  # fmt: skip


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, [], {}, True, -1, 0, 2**53, 2**70, 1.5, "", "x", "2024", "#1", "é", "\ud800", [[[[]]]], {"a": {"a": {}}}]
)


@st.composite
def with_another_value(draw: st.DrawFn, value: Any) -> Any:
    """JSON with another value in the place of one, or without one, or with one more."""
    inside: list[tuple[Any, Any]] = list(enumerate(value)) if isinstance(value, list) else []
    inside = list(value.items()) if isinstance(value, dict) else inside
    if not inside or draw(st.integers(0, 5)) == 0:
        return draw(VALUES)
    number = draw(st.integers(0, len(inside) - 1))
    key, item = inside[number]
    match draw(st.integers(0, 6)):
        case 0:
            del inside[number]
        case 1 if isinstance(value, dict):
            inside.append((draw(st.sampled_from(["a", "data", "withheld", "amends", "é"])), draw(VALUES)))
        case 2 if isinstance(value, list):
            inside.append((key, item))
        case _:
            inside[number] = key, draw(with_another_value(item))
    return dict(inside) if isinstance(value, dict) else [item for _, item in inside]


def canonically(value: Any) -> bytes:
    """JSON as an entry has it, where that is possible."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


@st.composite
def mutated(draw: st.DrawFn, examples: tuple[bytes, ...]) -> bytes:
    """A valid example after one to four changes: bytes flipped, a stretch cut, put elsewhere, or repeated, a piece that
    means something put in. Or JSON with another value somewhere."""
    data = draw(st.sampled_from(examples))
    if data.startswith(b"{") and draw(st.booleans()):
        with suppress(ValueError):
            return canonically(draw(with_another_value(json.loads(data))))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 64)) | st.integers(start, len(data)))
        stretch = data[start:end]
        match draw(st.integers(0, 4)):
            case 0:
                mask = draw(st.integers(1, 255))
                data = data[:start] + bytes(byte ^ mask for byte in stretch[:1]) + data[start + 1 :]
            case 1:
                data = data[:start] + data[end:]
            case 2:
                at = draw(st.integers(0, len(data)))
                data = data[:at] + stretch + data[at:]
            case 3:
                most = max(2, LONGEST // max(1, len(stretch)))
                data = data[:start] + stretch * draw(st.integers(2, 4) | st.integers(2, most)) + data[end:]
            case 4:
                times = draw(st.just(1) | st.integers(1, 10_000))
                data = data[:start] + draw(PIECES) * times + data[end:]
    return data[: 2 * LONGEST]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Parser]]:
    """The table of parsers; the process is in the folder of its ledger."""
    folder = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        patch.delenv("FORCE_LEDGER", raising=False)
        patch.setenv("no_proxy", "127.0.0.1")
        patch.setattr(web, "_SILENT", 5)
        with closing(Server()) as server:
            yield parsers(folder, server)


def memory() -> int:
    """The most memory, in bytes, that this process has had; 0 where that is not known."""
    if os.name != "posix":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def drive(name: str, parser: Parser) -> None:
    """Parse the examples, which are valid, and then random and mutated bytes."""

    @settings(max_examples=parser.times * TIMES, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=300) | mutated(parser.examples) | mutated(parser.examples))
    def is_read_or_refused(data: bytes) -> None:
        begun = time.process_time()
        with suppress(*parser.allowed):
            parser.parse(data)
        assert time.process_time() - begun < MOST_SECONDS, "it takes too long"

    before = memory()
    try:
        for data in parser.examples:
            parser.parse(data)
        is_read_or_refused()
        assert memory() - before < MOST_MEMORY, "it takes too much memory"
    except Exception as error:
        error.add_note(f"This is the parser of {name}.")
        raise


@pytest.mark.parametrize("part", range(PARTS))
def test_any_bytes_are_read_or_refused(table: dict[str, Parser], part: int) -> None:
    errors = []
    for name in list(table)[part::PARTS]:
        try:
            drive(name, table[name])
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("parsers that raise what they may not", errors)
