"""All kinds of event: importing this module registers every one."""

from events import (  # noqa: F401
    amendment,
    body,
    concern,
    document,
    finding,
    inspection,
    monitoring,
    plan,
    recommendation,
    recorder,
    response,
    review,
    statement,
    statistic,
)
