"""The text of an HTML page: what a browser shows of it, as far as the page itself says so.

lxml gives the tags and the text one after the other, so time and memory are in proportion to the page. No style sheet
and no script is run. Where tags are badly nested, libxml2 may end an element earlier than a browser does.
"""

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from lxml import etree

EXTRACTOR = f"lxml {etree.__version__} (libxml2 {'.'.join(map(str, etree.LIBXML_VERSION))})"

_NOT_SHOWN = frozenset(
    """
    area audio base basefont canvas datalist iframe link meta noembed noframes noscript object param rp script style
    template video
    """.split()  # noqa: SIM905
)
"""Elements that a browser does not show (HTML Living Standard, 15.3.1), and those that it shows something else for."""
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b", re.IGNORECASE)
_WITHIN_WORDS = frozenset(
    """
    a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup time
    tt u var wbr
    """.split()  # noqa: SIM905
)
"""Elements within a line (HTML Living Standard, phrasing content). Any other element separates words."""
_DEEPEST = 1_000  # elements in one another; libxml2 looks through all of them at an end tag that matches none
_NOWHERE = _DEEPEST + 1
_AT_ONCE = 1 << 16  # characters


class TooDeep(ValueError):
    """The elements of a page are nested too deeply to be read in time."""


def shown(page: str) -> str:
    """The text that a page shows: entities decoded, hidden elements left out, blocks on lines of their own.

    Raises TooDeep.
    """
    target: Any = _Shown()  # the stubs of lxml ask for methods that it does not need
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)
    for start in range(0, len(page) + 1, _AT_ONCE):  # at least once
        parser.feed(page[start : start + _AT_ONCE].encode())
    return str(parser.close())


class _Shown:
    """What lxml tells of each tag, and of the text between them."""

    def __init__(self) -> None:
        self._text = StringIO()
        self._depth = 0
        self._apart = False  # whether the text that follows begins a new line
        self._hidden_from = _NOWHERE  # the depth of the outermost hidden element

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TooDeep(f"more than {_DEEPEST:,} of its elements are nested in one another")
        if self._depth < self._hidden_from and (tag in _NOT_SHOWN or (attributes and _is_hidden(attributes))):
            self._hidden_from = self._depth
        self._apart |= tag not in _WITHIN_WORDS

    def end(self, tag: str) -> None:
        if self._depth == self._hidden_from:
            self._hidden_from = _NOWHERE
        self._depth -= 1
        self._apart |= tag not in _WITHIN_WORDS

    def data(self, data: str) -> None:
        if self._depth < self._hidden_from:
            self._text.write(f"\n{data}" if self._apart else data)
            self._apart = False

    def close(self) -> str:
        return self._text.getvalue()


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    """Whether these hide an element. `hidden=until-found` does not: a browser finds and shows its text."""
    if attributes.get("hidden", "until-found").lower() != "until-found":
        return True
    return _HIDDEN_STYLE.search(attributes.get("style", "")) is not None
