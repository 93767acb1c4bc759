"""Characters that no text should have: they command a terminal, reorder a line, or are not seen at all."""

import re

UNSEEN = (
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""The pattern of what Unicode calls default-ignorable (UAX #44): zero-width, bidirectional and tag characters,
variation selectors, soft hyphens, fillers; and of the marks of annotations. Without them a text reads the same."""
HIDDEN = rf"{UNSEEN}|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
"""The pattern of these, of control characters except newline and tab, and of the separators of lines and paragraphs."""


def visible(text: str) -> str:
    r"""The text with hidden characters written as in a Python string: ``\x1b``, ``\u202e``.

    What the encoding of a terminal lacks is shown in the same way (backslashreplace).
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text  # without the pattern, which takes a millisecond to compile
    return re.sub(HIDDEN, lambda found: found[0].encode("unicode_escape").decode(), text)
