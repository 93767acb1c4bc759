"""The register of bodies: finds a body by its slug, code, name or alias."""

from collections.abc import Mapping

from events.terms import folded
from projections.subject import SubjectState

_COMMON = frozenset(
    ["and", "authority", "constabulary", "county", "fire", "force", "of", "police", "rescue", "service", "the"]
)


class Bodies:
    """The registered bodies, by every name that they have or had."""

    def __init__(self, names: Mapping[str, SubjectState]) -> None:
        self.registered = {body: part.data for body, part in names.items() if "type" in part.data}
        self._known: dict[str, set[str]] = {}
        self._full = {folded(text): None for body, part in names.items() for text in (body, *part.data["names"])}
        for body, part in names.items():
            own = (body, part.data.get("code"), *part.data["names"], *part.data.get("aliases", ()))
            for text in filter(None, own):
                self._known.setdefault(folded(text), set()).add(body)

    def find(self, text: str) -> str:
        """The slug of the body with that slug, else with that name, code or alias. Raises LookupError, with a remedy,
        unless there is exactly one."""
        if text in self.registered:
            return text
        found = self.known(text)
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise LookupError(f"'{text}' can mean {' or '.join(sorted(found))}; write one of these")
        near = self.near(text)
        remedy = f"did you mean {' or '.join(near)}?" if near else "see `force-ledger forces list`"
        raise LookupError(f"no body is known as '{text}'; {remedy}")

    def known(self, text: str) -> set[str]:
        """The slugs of the bodies with that name, code or alias."""
        return self._known.get(folded(text), set())

    def near(self, text: str) -> list[str]:
        """The slugs of the bodies whose names are most like a text: those of the same words, but for words such as
        "police" and "constabulary"; else, aliases left out, those that have these words, or words of nearly the same
        letters."""
        from difflib import get_close_matches

        words = _words_of(text)
        of_words = {name: _words_of(name) for name in self._known}
        names = [name for name, own in of_words.items() if words and {*own} == {*words}]
        names = names or [name for name in self._full if words and {*words} < {*of_words[name]}]
        for telling in (words, [word for word in words if not get_close_matches(word, _COMMON, 1, 0.75)]):
            if not names:  # a word such as "police" may be misspelt too
                near = get_close_matches(" ".join(telling), {" ".join(of_words[n]) for n in self._full}, cutoff=0.7)
                names = [name for like in near for name in self._full if " ".join(of_words[name]) == like]
        return list(dict.fromkeys(slug for name in names for slug in sorted(self._known[name])))[:3]


def _words_of(name: str) -> list[str]:
    """The words of a name that tell bodies apart."""
    return [word for word in folded(name).split() if word not in _COMMON]
