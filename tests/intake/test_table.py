"""Tables as people keep them: what a person sees in a cell is what is read, or a problem names the cell."""

import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from ledger.apart import CannotRead
from ledger.errors import Refused
from ledger.intake import table as tables
from ledger.intake.table import Table, read
from ledger.intake.workbook import sheet_of

CSV = "Force,Grade\nKent Police,Good\n"


def texts(table: Table) -> list[dict[str, str]]:
    return [{name: cell.text for name, cell in row.items()} for row in table.rows]


def problems(table: Table) -> list[str]:
    return [str(problem) for problem in table.problems]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", CSV.encode()),
        ("t.csv", CSV.encode("utf-8-sig")),
        ("t.csv", CSV.encode("utf-16")),
        ("t.csv", CSV.replace("\n", "\r\n").encode()),
        ("t.csv", f"\n,\n{CSV}\n,,\n".encode()),
        ("t.csv", b"Force , Grade,,\n Kent Police , Good ,,\n"),
        ("t.csv", CSV.replace(",", ";").encode()),
        ("t.csv", b'"Force";"Grade"\n"Kent Police";"Good"\n'),
        ("t.tsv", CSV.replace(",", "\t").encode()),
        ("t.json", b'[{"Force": "Kent Police", "Grade": "Good", "Note": null}]'),
        ("t.jsonl", b'{"Force": "Kent Police", "Grade": "Good"}\n\n'),
    ],
)
def test_a_table_in_text_is_read(name: str, data: bytes) -> None:
    table = read(name, data)
    assert texts(table) == [{"Force": "Kent Police", "Grade": "Good"}]
    assert problems(table) == []


def test_an_old_encoding_is_read_if_it_is_named() -> None:
    data = "Force,Title\nKent,Naïve – café\n".encode("cp1252")
    assert texts(read("t.csv", data, encoding="cp1252")) == [{"Force": "Kent", "Title": "Naïve – café"}]
    with pytest.raises(Refused, match=r"t\.csv:2: this is not UTF-8 text; save it as “CSV UTF-8”; or"):
        read("t.csv", data)
    with pytest.raises(Refused, match="no encoding 'cp99999'"):
        read("t.csv", data, encoding="cp99999")


def test_each_cell_has_its_place() -> None:
    table = read("t.csv", b'Force,Grade\nKent,"Good\n\nindeed"\nSurrey,Good\n')
    assert [str(row["Grade"].place) for row in table.rows] == ['t.csv:2 column "Grade"', 't.csv:5 column "Grade"']
    assert str(read("t.json", b'[{"Grade": 1.10}]').rows[0]["Grade"].place) == 't.json row 1 "Grade"'
    assert read("t.json", b'[{"Grade": 1.10}]').rows[0]["Grade"].text == "1.10"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"A,A\n1,2\n", "t.csv:1 column \"A\": two columns have the name 'A'; give each column a name"),
        (b"A,,B\n1,2,3\n", "t.csv:2 column \"\": '2' is in no column; put quotes around a text"),
        (b"A,B\n1,2,3\n", "t.csv:2 column \"3\": '3' is in no column; put quotes around a text"),
        (b'A,B\n1,"x"y\n', "t.csv:2: broken CSV:"),
        (b'A,B\n1,"x\n', "t.csv:2: broken CSV:"),
    ],
)
def test_a_broken_table_says_where(data: bytes, told: str) -> None:
    assert any(problem.startswith(told) for problem in problems(read("t.csv", data)))


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("t.csv", b"A\0B", "this is no table in text"),
        ("t.json", b"[1]", "row 1: a row is an object"),
        ("t.json", b"{", "broken JSON"),
        ("t.json", b"[" * 100_000, "broken JSON"),
        ("t.xlsx", b"PK", "this is no workbook that can be read"),
        ("t.xlsx", b"A,B\n", "this is no workbook that can be read"),
    ],
)
def test_what_is_no_table_is_refused(name: str, data: bytes, told: str) -> None:
    with pytest.raises(Refused, match=told):
        read(name, data)


def workbook(fill: Callable[[Any], None], *more: str) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Grades"
    fill(book.active)
    for title in more:
        book.create_sheet(title)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


SHOWN = [
    ("text", "General", "text"),
    (" text ", "General", "text"),
    (7, "General", "7"),
    (7.0, "0", "7"),
    (1.1, "General", "1.1"),
    (24.125, "0.0", "24.125"),
    (0.25, "0%", "25%"),
    (True, "General", "true"),
    (datetime.fromisoformat("2023-12-01"), "mmm-yy", "2023-12"),
    (datetime.fromisoformat("2023-12-01"), "mmmm\\ yyyy", "2023-12"),
    (datetime.fromisoformat("2023-12-01"), '[$-809]mmm" of day "yyyy', "2023-12"),
    (datetime.fromisoformat("2023-12-22"), "dd/mm/yyyy", "2023-12-22"),
    (date(2023, 12, 22), "yyyy-mm-dd", "2023-12-22"),
    (datetime.fromisoformat("2023-01-01"), "yyyy", "2023"),
]


@pytest.mark.parametrize(("value", "form", "text"), SHOWN)
def test_a_cell_is_read_as_it_is_shown(value: Any, form: str, text: str) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["Value"])
        sheet.append([value])
        sheet["A2"].number_format = form

    assert texts(read("t.xlsx", workbook(fill))) == [{"Value": text}]


@pytest.mark.parametrize(
    ("value", "form", "told"),
    [
        ("=1+1", "General", "t.xlsx [Grades] A2: a formula without a stored result; open the file"),
        ("#REF!", "General", "t.xlsx [Grades] A2: #REF! is an error of the spreadsheet; mend the formula"),
        (datetime.fromisoformat("2023-12-22"), "d mmm", ""),
        (datetime.fromisoformat("2023-12-22"), "mmm", "t.xlsx [Grades] A2: the cell shows no year"),
        (
            datetime.fromisoformat("2023-12-22T09:30"),
            "dd/mm/yyyy",
            "t.xlsx [Grades] A2: a time of day has no",
        ),
    ],
)
def test_a_cell_that_shows_no_value_is_named(value: Any, form: str, told: str) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["Value"])
        sheet.append([value])
        if value == "#REF!":
            sheet["A2"].data_type = "e"
        sheet["A2"].number_format = form

    found = problems(read("t.xlsx", workbook(fill)))
    assert [problem.startswith(told) for problem in found] == ([True] if told else [])


def test_a_sheet_that_reaches_to_the_far_end_is_refused() -> None:
    """A file of 5 KB, whose empty cells would take days and all memory."""

    def fill(sheet: Any) -> None:
        sheet.append(["Force", "Grade"])
        sheet["XFD1048576"] = "x"

    with pytest.raises(Refused, match="the sheet Grades reaches to XFD1048576"):
        read("t.xlsx", workbook(fill))


def test_merged_cells_have_the_value_of_the_first() -> None:
    def fill(sheet: Any) -> None:
        for row in (["Force", "Area"], ["Kent", "one"], [None, "two"], [None, None], ["Surrey", "three"]):
            sheet.append(row)
        sheet.merge_cells("A2:A3")

    assert texts(read("t.xlsx", workbook(fill))) == [
        {"Force": "Kent", "Area": "one"},
        {"Force": "Kent", "Area": "two"},
        {"Force": "Surrey", "Area": "three"},
    ]


def test_a_sheet_is_named_where_there_are_several() -> None:
    data = workbook(lambda sheet: sheet.append(["A"]), "Notes")
    with pytest.raises(Refused, match="it has several sheets; name one with --sheet: Grades, Notes"):
        read("t.xlsx", data)
    assert read("t.xlsx", data, sheet="Grades").columns == ["A"]
    with pytest.raises(Refused, match="there is no sheet 'X'"):
        read("t.xlsx", data, sheet="X")
    with pytest.raises(Refused, match="only a workbook has sheets"):
        read("t.csv", CSV.encode(), sheet="X")


@pytest.mark.parametrize("title", ["Grades of 2024,,\n\n", "Grades,Grades,Grades\n", "Grades\n"])
def test_a_title_above_the_header_is_left_out_and_told(title: str) -> None:
    table = read("t.csv", f"{title}Force,Area,Grade\nKent,x,good\n".encode())
    assert (table.columns, len(table.rows), table.problems) == (["Force", "Area", "Grade"], 1, [])
    (notice,) = table.notices
    assert str(notice).startswith("t.csv: left out above the header: 'Grades")


def test_a_column_alone_is_no_title() -> None:
    table = read("t.csv", b"Force\nKent\nSurrey\n")
    assert (table.columns, len(table.rows), table.problems, table.notices) == (["Force"], 2, [], [])


def test_a_small_workbook_with_a_whole_sheet_of_merged_cells_ends_its_reader_alone() -> None:
    """openpyxl makes an object for each of 17 billion cells, while it reads."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(workbook(lambda sheet: sheet.append(["A"])))) as sound, ZipFile(out, "w") as hostile:
        for part in sound.namelist():
            merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
            hostile.writestr(part, sound.read(part).replace(b"</sheetData>", merged))
    with pytest.raises(CannotRead, match=r"takes longer than 3 seconds|takes too much memory"):
        sheet_of(out.getvalue(), None, patience=3)


@pytest.mark.parametrize(
    ("limit", "data", "why"),
    [
        ("_LONGEST_LINE", b"A,B\n" + b"," * 99, "t.csv:2: the line is longer than any of a table"),
        ("_MOST_CELLS", b"A,B\n" + b"a,b\n" * 99, 't.csv:.* column "A": the table has more than 50 cells'),
    ],
)
def test_a_text_that_is_no_table_does_not_fill_the_memory(
    limit: str, data: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, limit, 50)
    with pytest.raises(Refused, match=why):
        read("t.csv", data)
