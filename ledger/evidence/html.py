"""The text of an HTML page: what a browser shows of it."""

from html.parser import HTMLParser

_NOT_SHOWN = frozenset({"script", "style", "template"})
_WITHIN_WORDS = frozenset(
    """
    a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup time
    tt u var wbr
    """.split()  # noqa: SIM905
)
"""Elements within a line (HTML Living Standard, phrasing content). Any other element separates words."""


def shown(page: str) -> str:
    """The text that a page shows: entities decoded, scripts and styles left out, blocks on lines of their own."""
    parser = _Shown()
    parser.feed(page)
    parser.close()
    return "".join(parser.texts)


class _Shown(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _NOT_SHOWN
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _NOT_SHOWN))
        self._separate(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)

    def _separate(self, tag: str) -> None:
        if tag not in _WITHIN_WORDS:
            self.texts.append("\n")
