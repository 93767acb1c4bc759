"""Values in the forms that programs read: JSON, CSV and TSV, always in UTF-8."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from events.characters import HIDDEN, visible

_FORMULA = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"}  # of any width, as OWASP lists them
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", re.ASCII)


def json_bytes(document: Any, indent: int | None = 2) -> bytes:
    """A document as JSON and a line end, with escapes for hidden characters."""
    import json

    text = json.dumps(document, indent=indent, ensure_ascii=False, default=bytes.hex)
    return _escaped(f"{text}\n")


def orjson_bytes(document: Any, *, indented: bool = False) -> bytes:
    """As `json_bytes`, but quicker. Fractions have another form, and so has what is not indented. An `orjson.Fragment`
    in the document is JSON already."""
    import orjson

    indent = orjson.OPT_INDENT_2 if indented else 0
    found = orjson.dumps(document, bytes.hex, orjson.OPT_APPEND_NEWLINE | indent)
    return found if found.isascii() and b"\x7f" not in found else _escaped(found.decode())


def separated(rows: Iterable[Sequence[str]], delimiter: str = ",", *, guard: bool = True) -> bytes:
    """Rows of cells as CSV or TSV, as `csv.writer` has them, but quicker; hidden characters shown. With ``guard``, an
    apostrophe is put before what a spreadsheet would run as a formula."""
    special, lines = re.compile(f'["\n{delimiter}]'), list[str]()
    for row in rows:
        shown = [_guarded(text) for text in row] if guard else row
        whole = "".join(shown)
        if not (whole.isascii() and whole.isprintable()):
            shown = [visible(text) for text in shown]
        # some spreadsheets separate cells at a semicolon, but not within quotation marks; none sees a lone empty cell
        if ";" in whole or (len(shown) == 1 and not whole):
            shown = [_quoted(text) for text in shown]
        elif special.search(whole):
            shown = [_quoted(text) if special.search(text) else text for text in shown]
        lines.append(f"{delimiter.join(shown)}\n")
    return "".join(lines).encode()


def cell(value: Any) -> str:
    """A value as the text of a cell."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return str(value).lower()
        case bytes():
            return value.hex()
        case list() | dict():
            import json

            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _escaped(text: str) -> bytes:
    import json

    return re.sub(HIDDEN, lambda found: json.dumps(found[0])[1:-1], text).encode()


def _guarded(text: str) -> str:
    return f"'{text}" if text[:1] in _FORMULA and not _NUMBER.fullmatch(text) else text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
