"""Names of bodies, as they are compared."""

_DASHES = str.maketrans("-‐‑–—", " " * 5)


def folded(name: str) -> str:
    """A name as it is compared: neither case nor hyphens, dashes or ampersands tell two bodies apart."""
    return " ".join(name.casefold().replace("&", "and").translate(_DASHES).split())
