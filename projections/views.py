"""The views of the read model, as SQL: the spells of one subject as known now, and what several subjects say together.

Each row is so on the days from ``valid_from`` up to, not including, ``valid_to``. No column makes a reader look into
``data``, and every row says how certain it is, on which entries it rests, and on which documents.
"""

from events.terms import Basis
from projections.section55 import FIRST_YEAR, RESPONSE_DAYS

_NOW = "known_to IS NULL"
# The plus keeps SQLite from looking a document up among all documents, by the index on subjects.
_BASIS = f"""(
    SELECT documents.data ->> 'basis' FROM json_each({{}}) AS cited
    JOIN spells AS documents ON documents.matter = 'document/' || cited.value AND documents.known_to IS NULL
    WHERE +documents.subject = 'document'
    ORDER BY instr('{" ".join(Basis)}', documents.data ->> 'basis') LIMIT 1
)"""
_SAID_BY = "coalesce(spells.data -> 'said_by', spells.cites)"
_OTHERS = "data, '$.alternatives'"
_SINCE = "since certainty possibly possibly_basis"
_BEHIND = "valid_from valid_to basis cites entries sources_differ"
_SUBJECTS = {
    "concerns": (
        "concern",
        f"concern title status {_SINCE} until recommendations_open recommendations_open_possibly last_known_open",
    ),
    "inspections": (
        "inspection",
        f"inspection framework scope covers fieldwork areas_inspected areas_graded {_SINCE}",
    ),
    "grades": ("judgement", f"framework inspection area grade status {_SINCE} until inspected"),
    "tallies": ("tally", f"framework inspection counts areas_graded status {_SINCE} until"),
    "findings": ("finding", f"finding type title status {_SINCE} until"),
    "statements": ("statement", f"statement stance title by by_name status due {_SINCE} until"),
    "statistics": ("statistic", f"statistic metric value unit period geography {_SINCE}"),
    "responses": ("response", f"response status {_SINCE}"),
    "reviews": ("review", f"review title status due {_SINCE} until"),
    "plans": ("plan", f"plan title status planned_for {_SINCE} until"),
    "searches": ("sought", f"sought status effective {_SINCE}"),
    "oversight": ("oversight", f"office name holder {_SINCE}"),
    "bodies": ("name", f"name code type nation region aliases established {_SINCE}"),
}
"""Views of one subject each, with the columns between body and those of every view."""


def _possibly(alternatives: str) -> str:
    """The values that are possible, as a JSON list."""
    return f"(SELECT json_group_array(value -> 'value') FROM json_each({alternatives}))"


def _possibly_basis(alternatives: str) -> str:
    """The basis of each of them."""
    basis = _BASIS.format("other.value -> 'cites'")
    return f"(SELECT json_group_array({basis}) FROM json_each({alternatives}) AS other)"


def _behind(name: str, part: str = "data") -> str:
    """The positions of entries, or the documents, behind a value and behind those that are possible beside it."""
    own = "cites" if (name, part) == ("cites", "data") else f"{part} -> '{name}'"
    every = f"""SELECT value FROM json_each({own})
        UNION SELECT own.value FROM json_each({part}, '$.alternatives') AS other,
        json_each(other.value, '$.{name}') AS own ORDER BY value"""
    return f"iif({part} -> 'alternatives' IS NULL, {own}, (SELECT json_group_array(value) FROM ({every})))"


def _column(name: str, subject: str) -> str:
    match name:
        case "possibly":
            return f"{_possibly(_OTHERS)} AS possibly"
        case "possibly_basis":
            return f"{_possibly_basis(_OTHERS)} AS possibly_basis"
        case "recommendations_open_possibly":
            return _possibly(f"data, '$.{name}'") + f" AS {name}"
        case "valid_from" | "valid_to":
            return name
        case "entries" | "sources_differ" | "cites":
            return f"{_behind(name)} AS {name}"
        case "basis":
            return f"{_BASIS.format(_SAID_BY)} AS basis"
        case _:
            return f"id AS {name}" if name == subject != "name" else f"data ->> '{name}' AS {name}"


def _of(subject: str, columns: str) -> str:
    told = ", ".join(_column(name, subject) for name in f"{columns} {_BEHIND}".split())
    return f"SELECT body, {told} FROM spells WHERE subject = '{subject}' AND {_NOW}"


def _last(text: str) -> str:
    """The latest day of a partial date, in SQL."""
    end = f"substr({text}, instr({text}, '/') + 1)"
    month = f"date({end} || '-01', '+1 month', '-1 day')"
    return f"CASE length({end}) WHEN 4 THEN {end} || '-12-31' WHEN 7 THEN {month} ELSE {end} END"


def _first(text: str) -> str:
    """The earliest day of a partial date, in SQL."""
    start = f"substr({text}, 1, instr({text} || '/', '/') - 1)"
    return f"substr({start} || '-01-01', 1, 10)"


def _in_all(column: str, *tables: str) -> str:
    """What is in the lists in a column of these tables, as one list."""
    every = " UNION ".join(f"SELECT value FROM json_each({one}.{column})" for one in tables)
    return f"(SELECT json_group_array(value) FROM ({every} ORDER BY value)) AS {column}"


_PHASES = f"""
WITH registered AS (
    SELECT body, {_first("established")} AS first, {_last("established")} AS last,
        {_BASIS.format("names.cites")} AS basis, cites, entries, sources_differ
    FROM (
        SELECT body, coalesce(data ->> 'established', '0001-01-01') AS established, cites,
            data ->> 'entries' AS entries, data ->> 'sources_differ' AS sources_differ, min(valid_from)
        FROM spells WHERE subject = 'name' AND {_NOW} AND data ->> 'type' IS NOT NULL GROUP BY body
    ) AS names
), recorded AS (
    {_of("monitoring", f"phase presumed {_SINCE}")}
), presumed AS (
    SELECT * FROM recorded WHERE presumed
    UNION ALL SELECT body, 'scan', true, NULL, 'presumed', '[]', '[]', '0001-01-01',
        coalesce(min(valid_from), '9999-12-31'), NULL, '[]', '[]', '[]'
    FROM registered LEFT JOIN recorded USING (body) GROUP BY body
)
SELECT body, phase, {", ".join(f"{_SINCE} {_BEHIND}".split())} FROM recorded WHERE NOT presumed
UNION ALL SELECT body, phase, {", ".join(_SINCE.split())}, max(valid_from, last), valid_to,
    presumed.basis, presumed.cites, presumed.entries, presumed.sources_differ
FROM presumed JOIN registered USING (body) WHERE max(valid_from, last) < valid_to
UNION ALL SELECT body, 'none', since, 'possible', iif(begun, json_insert(possibly, '$[#]', 'scan'), possibly),
    iif(begun, json_insert(possibly_basis, '$[#]', earlier.basis), possibly_basis), max(valid_from, start),
    min(valid_to, stop), earlier.basis,
    {", ".join(_in_all(column, "earlier", "presumed") for column in ("cites", "entries", "sources_differ"))}
FROM presumed JOIN (
    SELECT false AS begun, '0001-01-01' AS start, first AS stop, * FROM registered
    UNION ALL SELECT true, first, last, * FROM registered
) AS earlier USING (body) WHERE max(valid_from, start) < min(valid_to, stop) AND (begun OR possibly <> '[]')"""
"""The phases on record; where none is, the presumed Scan of every body from the last day on which it can have been
established; before that day it is in no phase, which is told where another one is possible."""

_RECOMMENDATIONS = f"""{_of("recommendation", f"recommendation title status deadline due {_SINCE} until")}
UNION ALL
SELECT body, id || '/' || (item ->> 'id'), item ->> 'text', item ->> 'status', item ->> 'deadline', item ->> 'due',
    item ->> 'since', item ->> 'certainty', {_possibly("item, '$.alternatives'")},
    {_possibly_basis("item, '$.alternatives'")}, item ->> 'until',
    valid_from, valid_to, {_BASIS.format("item -> 'cites'")},
    {_behind("cites", "item")}, {_behind("entries", "item")}, {_behind("sources_differ", "item")}
FROM (SELECT spells.*, listed.value AS item FROM spells, json_each(data, '$.recommendations') AS listed
    WHERE subject = 'concern' AND {_NOW}) AS spells"""
"""The recommendations of no concern, and those of concerns, by the concern's id and their own."""

_SAYS_BEFORE = "value ->> 'document' IN (SELECT value FROM json_each(before))"
_CITATIONS = f"""
SELECT DISTINCT entries.position, entries.body, entries.kind, entries.matter, entries.effective, entries.in_force,
    cited.value ->> 'document' AS document, title, publisher, published, basis, cited.value ->> 'locator' AS locator,
    cited.value ->> 'quote' AS quote, addresses ->> '$[0]' AS address, CASE
        WHEN cited.{_SAYS_BEFORE} THEN 'before' WHEN kind = 'entry.contradicted' THEN 'otherwise' ELSE 'so' END AS says
FROM entries JOIN json_tree(data) AS cited ON cited.path IN ('$.documents', '$.replacement.data.documents')
LEFT JOIN documents ON documents.document = cited.value ->> 'document' AND documents.valid_to = '9999-12-31'
WHERE kind <> 'entry.corrected' OR (
    cited.path = '$.documents' OR cited.value ->> 'document' NOT IN (
        SELECT value ->> 'document' FROM json_each(data, '$.documents'))
) AND (NOT cited.{_SAYS_BEFORE} OR NOT EXISTS (
    SELECT 1 FROM json_tree(data) AS other WHERE other.path IN ('$.documents', '$.replacement.data.documents')
        AND NOT other.{_SAYS_BEFORE}
))"""
"""The documents that each entry cites, whole; of a correction those of its replacement too, without those that say only
what was corrected."""


def _item(of: tuple[str, str, str]) -> str:
    """What is outstanding of a subject: the status in which it is due, and which others are possible."""
    subject, day, outstanding = of
    return f"""SELECT body, '{subject}' AS subject, {subject} AS id, title, {_last(day)} AS due, now AS status,
    iif(now = '{outstanding}' AND every = json_array(now), 'certain', 'possible') AS certainty,
    (SELECT json_group_array(value) FROM json_each(every) WHERE value <> now) AS possibly,
    NULL AS report_on, {", ".join(_BEHIND.split())} FROM (
        SELECT *, iif('{outstanding}' IN (SELECT value FROM json_each(every)), '{outstanding}', 'not-stated') AS now
        FROM (SELECT *, json_insert(possibly, '$[#]', status) AS every FROM {subject}s WHERE {day} GLOB '[0-9]*')
    ) WHERE now IN (SELECT value FROM json_each(every))"""


_ITEMS = (
    ("recommendation", "due", "open"), ("review", "due", "scheduled"), ("plan", "planned_for", "planned"),
    ("statement", "due", "made"),
)  # fmt: skip


def _within(*spans: str) -> str:
    """The days that are in each of these tables, certain where they are in all; in all those that a table lacks."""
    begun, until = (
        f"{of}({', '.join(f'coalesce({one}.{name}, {end!r})' for one in spans)})"
        for name, of, end in (("begun", "max", "0001-01-01"), ("until", "min", "9999-12-31"))
    )
    certain = " AND ".join(f"coalesce({one}.certainty, 'certain') = 'certain'" for one in spans)
    return f"{begun} AS begun, {until} AS until, iif({certain}, 'certain', 'possible') AS certainty"


_HANDED_OVER = ("owed", "mergers", "unanswered")
_LISTS = ("possibly", "entries", "sources_differ")
_RESPONSES = f"""
SELECT owed.body, 'response' AS subject, document AS id, title, date(last, '+{RESPONSE_DAYS} days') AS due,
    'nothing-recorded' AS status, owed.certainty, possibly, report_on, begun, until, 'inspectorate',
    json_array(document), entries, sources_differ
FROM (SELECT {_within("owed", "alone")}, {", ".join(_in_all(column, "owed", "alone") for column in _LISTS)}, owed.body,
    report_on, document, title, last FROM owed LEFT JOIN alone USING (body)) AS owed WHERE begun < until"""
_DUE = f"""
WITH RECURSIVE reports AS (
    SELECT DISTINCT forces.body, document, title, {_first("published")} AS first, {_last("published")} AS last,
        documents.entries, documents.sources_differ
    FROM documents JOIN bodies AS forces ON forces.type = 'police-force'
    WHERE documents.type = 'inspectorate-report' AND documents.valid_to = '9999-12-31' AND published IS NOT NULL
    AND {_last("published")} >= '{FIRST_YEAR}'
    AND (forces.body IN (SELECT value FROM json_each(documents.bodies)) OR documents.bodies = '[]' AND EXISTS (
        SELECT 1 FROM citations WHERE citations.document = documents.document AND citations.body = forces.body
        AND in_force AND (matter = forces.body || '/inspection' OR matter GLOB forces.body || '/concern/*')))
), reported AS (
    SELECT *, first AS begun, last AS until, 'possible' AS certainty, '["not-yet-owed"]' AS possibly FROM reports
    UNION ALL SELECT *, last, '9999-12-31', 'certain', '[]' FROM reports
), unanswered AS (
    SELECT body, id AS document, '0001-01-01' AS begun, min(valid_from) AS until, 'certain' AS certainty,
        '[]' AS possibly, '[]' AS entries, '[]' AS sources_differ
    FROM spells WHERE subject = 'response' AND {_NOW} GROUP BY body, id
    UNION ALL SELECT body, id, valid_from, valid_to, iif(data -> 'alternatives' IS NULL, 'certain', 'possible'),
        {_possibly(_OTHERS)}, {_behind("entries")}, {_behind("sources_differ")} FROM spells
    WHERE subject = 'response' AND {_NOW} AND data ->> 'status' = 'not-yet'
), mergers AS (
    SELECT body, data ->> 'into' AS into_body, valid_from AS begun, valid_to AS until,
        data ->> 'certainty' AS certainty, iif(data ->> 'certainty' = 'certain', '[]', '["not-yet-owed"]') AS possibly,
        data ->> 'entries' AS entries, data ->> 'sources_differ' AS sources_differ
    FROM spells WHERE subject = 'merger' AND {_NOW} AND data ->> 'into' IS NOT NULL
    UNION ALL SELECT body, other.value ->> 'value', valid_from, valid_to, 'possible', '["not-yet-owed"]',
        other.value ->> 'entries', other.value ->> 'sources_differ'
    FROM spells, json_each(data, '$.alternatives') AS other
    WHERE subject = 'merger' AND {_NOW} AND other.value ->> 'value' <> ''
), alone AS (
    SELECT body, '0001-01-01' AS begun, min(begun) AS until, 'certain' AS certainty, '[]' AS possibly,
        '[]' AS entries, '[]' AS sources_differ FROM mergers GROUP BY body
    UNION SELECT body, begun, until, 'possible', '["transferred"]', entries, sources_differ
    FROM mergers WHERE certainty = 'possible'
), owed AS (
    SELECT body, body AS report_on, document, title, last,
        {", ".join(_in_all(column, "reported", "unanswered") for column in _LISTS)},
        {_within("reported", "unanswered")}
    FROM reported LEFT JOIN unanswered USING (body, document)
    UNION SELECT into_body, report_on, owed.document, title, last,
        {", ".join(_in_all(column, *_HANDED_OVER) for column in _LISTS)}, {_within(*_HANDED_OVER)}
    FROM owed JOIN mergers USING (body)
    LEFT JOIN unanswered ON unanswered.body = into_body AND unanswered.document = owed.document
    WHERE owed.begun < owed.until
)
{" UNION ALL ".join(map(_item, _ITEMS))}
UNION ALL {_RESPONSES}"""
"""What is owed and not on record as done, on which days: it is overdue on those after its last day, ``due``."""

_DOCUMENTS = f"""SELECT id AS document, data ->> 'type' AS type, data ->> 'basis' AS basis, data ->> 'title' AS title,
    data ->> 'publisher' AS publisher, data ->> 'published' AS published, data ->> 'addresses' AS addresses,
    coalesce(data ->> 'bodies', '[]') AS bodies,
    data ->> 'sha256' AS sha256, valid_from, valid_to, data ->> 'entries' AS entries,
    data ->> 'sources_differ' AS sources_differ
FROM spells WHERE subject = 'document' AND {_NOW}"""
VIEWS = {
    "phases": _PHASES,
    **{view: _of(subject, columns) for view, (subject, columns) in _SUBJECTS.items()},
    "recommendations": _RECOMMENDATIONS,
    "documents": _DOCUMENTS,
    "citations": _CITATIONS,
    "due": _DUE,
}
"""Each view, after those that it needs."""
