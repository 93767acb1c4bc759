"""`import`: the rows of a spreadsheet become events, or each problem names its cell."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from ledger.cli import run
from ledger.record.create import create_ledger
from tests.conftest import ORIGIN, now

Json = dict[str, Any]
OFFENDERS = "Managing offenders"
DOCUMENT = ["document", "register", "--document", "report", "--type", "inspectorate-report", "--title", "A report",
            "--publisher", "HMICFRS", "--published", "2024-02-01"]  # fmt: skip
INSPECTION = ["inspection", "publish", "--inspection", "peel-2023-25", "--framework", "peel-2023-25", "--effective",
              "2024-02-01", "--document", "report"]  # fmt: skip
GRADES = ["--kind", "judgement.given", "--set", "inspection=peel-2023-25", "--set", "framework=PEEL 2023-25",
          "--set", "effective=2024-02-01", "--set", "documents=report"]  # fmt: skip
UNDATED = [*GRADES[:6], *GRADES[8:]]
READ_BACK = """\
Kent Police: judgement given  #49
    effective            1 February 2024
    documents            report: \u201cA report\u201d, HMICFRS
    inspection           peel-2023-25
    framework            peel-2023-25 (PEEL 2023-25)
    area                 preventing-crime (Preventing and deterring crime)
    grade                requires-improvement
    changes              from 2024-02-01 on: judgement Preventing and deterring crime: nothing recorded -> \
requires improvement (PEEL 2023-25) (since 2024-02-01)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ledger in which a report on Kent and on Surrey is on record."""
    monkeypatch.chdir(tmp_path)
    create_ledger("ledger.db", origin=ORIGIN, clock=now)
    assert run(DOCUMENT) == run([*INSPECTION, "--body", "kent"]) == run([*INSPECTION, "--body", "surrey"]) == 0
    return tmp_path


@pytest.fixture
def told(home: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Imports rows as CSV; the exit code, and what was printed."""

    def do(rows: Sequence[Sequence[str]], *options: str) -> tuple[int, str, str]:
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        Path("t.csv").write_text(out.getvalue(), "utf-8")
        capsys.readouterr()
        code = run(["import", "t.csv", *options])
        return code, *capsys.readouterr()

    return do


def state(capsys: pytest.CaptureFixture[str], body: str) -> Json:
    capsys.readouterr()
    assert run(["state", body, "--json", "--as-of", "2026-11-21"]) == 0
    found: Json = json.loads(capsys.readouterr().out)
    return found


def test_grades_are_recorded_as_the_inspectorate_words_them(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        ["Force", "Area", "Grade"],
        ["Kent Police", "Investigating crime", "Requires Improvement"],
        ["kent", "managing-offenders", "GOOD"],
        ["E23000032", "Building, supporting and protecting the workforce", "Outstanding"],
        ["Surrey", "Treating the public fairly", "adequate"],
    ]
    code, out, err = told(rows, *GRADES)
    assert (code, out) == (0, "Appended 4 (#49-#52), 0 already recorded\n"), err
    grades = {one["area"]: one["grade"] for one in state(capsys, "Kent")["judgements"]}
    assert grades == {
        "investigating-crime": "requires-improvement",
        "managing-offenders": "good",
        "developing-a-positive-workplace": "outstanding",
    }
    assert told(rows, *GRADES)[1] == "Appended 0, 4 already recorded\n"


def test_a_row_may_give_a_document_an_inspection_and_a_grade(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["force", "day", "title", "area", "grade"]]
    rows += [["Essex", "2024-05-02", "Essex 2023-25", area, "good"] for area in ("Preventing crime", OFFENDERS)]
    options = ["--kind", "document.registered", "--kind", "inspection.published", "--kind", "judgement.given"]
    options += ["--map", "day=effective", "--set", "document.registered.published={day}", "--set", "publisher=HMICFRS"]
    options += ["--set", "document={force:id}-{day}", "--set", "documents={force:id}-{day}"]
    options += ["--set", "document.registered.type=inspectorate-report", "--set", "framework=peel-2023-25"]
    options += ["--set", "inspection=peel-2023-25"]
    code, out, err = told(rows, *options)
    assert (code, out) == (0, "Appended 4 (#49-#52), 0 already recorded\n"), err


def test_a_column_named_document_is_what_a_kind_calls_so_and_what_another_cites(told: Any) -> None:
    rows = [
        ["Document", "Type", "Title", "Publisher", "Body", "Inspection", "Framework", "Effective"],
        ["letter", "inspectorate-letter", "A letter", "HMICFRS", "essex", "peel-2023-25", "PEEL 2023-25", "2024"],
    ]
    code, out, err = told(rows, "--kind", "document.registered", "--kind", "inspection.published")
    assert (code, out) == (0, "Appended 2 (#49-#50), 0 already recorded\n"), err


def test_rows_that_differ_in_items_are_one_event(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Force", "Concern", "Rec no", "Rec", "By"]]
    rows += [["Kent", "Custody is crowded", str(n), f"Do thing {n}", "within 3 months"] for n in (1, 2, 3)]
    options = ["--kind", "concern.issued", "--map", "Concern=title", "--map", "Rec no=recommendations.id"]
    options += ["--map", "Rec=recommendations.text", "--map", "By=recommendations.deadline"]
    options += ["--set", "concern=custody-2024", "--set", "effective=2024-02-01", "--set", "documents=report"]
    assert told(rows, *options)[1] == "Appended 1 (#49), 0 already recorded\n"
    (concern,) = state(capsys, "Kent")["concerns"]
    assert [item["text"] for item in concern["recommendations"]] == ["Do thing 1", "Do thing 2", "Do thing 3"]
    assert concern["recommendations_issued"] == 3


def test_rows_that_name_a_body_differently_are_one_event(told: Any) -> None:
    """And a deadline is read in the words of a spreadsheet."""
    rows = [["Force", "Rec", "Deadline"], ["Kent", "1", "3 months"], ["Kent Police", "2", "30 June 2024"],
            ["kent", "3", "Immediately"]]  # fmt: skip
    options = ["--kind", "concern.issued", "--set", "concern=custody-2024", "--set", "title=Custody", *GRADES[6:]]
    options += ["--map", "Rec=recommendations.id", "--map", "Deadline=recommendations.deadline"]
    code, out, err = told(rows, *options)
    assert (code, out) == (0, "Appended 1 (#49), 0 already recorded\n"), err
    assert "id: 1, deadline: within 3 months (by 1 May 2024)" in err
    assert "id: 2, deadline: by 2024-06-30 (by 30 June 2024)" in err
    assert "id: 3, deadline: immediate (by 1 February 2024)" in err


def test_what_is_no_id_names_the_option_that_makes_one(told: Any) -> None:
    rows = [["Force", "Concern", "Title"], ["Kent", "Custody 2024", "x"], ["Surrey", "Custody 2024", "x"]]
    code, _, err = told(rows, "--kind", "concern.issued", *GRADES[6:])
    told_once = "(in 1 more row too); write custody-2024, or another; to make ids of the cells, --set "
    assert (code, f'{told_once}"concern={{Concern:id}}"\n' in err) == (3, True), err


def test_a_hundred_recommendations_without_a_concern(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Force", "recommendation", "title", "deadline"]]
    rows += [["Kent", f"vetting-{n}", f"Vet {n}", "by 2025-01-31"] for n in range(100)]
    options = ["--kind", "recommendation.issued", "--set", "effective=2024-02-01", "--set", "documents=report"]
    assert told(rows, *options)[1] == "Appended 100 (#49-#148), 0 already recorded\n"
    assert len(state(capsys, "Kent")["recommendations"]) == 100


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            ["Kent", "Preventing crime", "Great"],
            "t.csv:2 column \"Grade\": grade: 'Great' is not a word of this field; ",
        ),
        (["Kentt", "Preventing crime", "Good"], "t.csv:2 column \"Force\": body: no body is known as 'Kentt'; "),
        (["Kent", "Preventing crime", ""], "t.csv:2: give the grade; or not-graded"),
        (
            ["Kent", "Crime, preventing", "Good"],
            "t.csv:2 column \"Area\": area: 'Crime, preventing' is no area of PEEL 2023-25; see ",
        ),
        (
            ["Kent", "Preventing crime", "Good", "Dec-23"],
            "t.csv:2 column \"Effective\": effective: 'Dec-23' is not written as dates are here; for Dec ",
        ),
        (
            ["Kent", "Preventing crime", "Good", "03/04/2023"],
            "t.csv:2 column \"Effective\": effective: '03/04/2023' can be re",
        ),
    ],
)
def test_a_problem_names_its_cell(told: Any, row: list[str], problem: str) -> None:
    options = UNDATED if len(row) > 3 else GRADES
    code, out, err = told([["Force", "Area", "Grade", "Effective"], row], *options)
    assert (code, out) == (3, "")
    assert problem in err
    code, _, err = told([["Force", "Area", "Grade", "Effective"], row], *options, "--json")
    assert json.loads(err)["error"]["problems"][0]["line"] == 2


@pytest.mark.parametrize("marked", ["{}?", "?{}", "{}???", "{} !", "{} *", "{}*", "{}†", "{}¹", "{} (1)", "[{}]"])
def test_a_mark_of_doubt_or_of_a_footnote_is_not_lost(told: Any, marked: str) -> None:
    rows = [["Force", "Area", "Grade"], ["Kent", OFFENDERS, marked.format("Good")]]
    assert f"'{marked.format('Good')}' is not a word of this field" in (err := told(rows, *GRADES)[2])
    assert f'--word "Grade:{marked.format("Good")}=VALUE"' in err
    rows = [["Force", "Area", "Grade"], ["Kent", marked.format(OFFENDERS), "Good"]]
    assert f"'{marked.format(OFFENDERS)}' is no area of PEEL 2023-25" in (err := told(rows, *GRADES)[2])
    assert f'--word "Area:{marked.format(OFFENDERS)}=VALUE"' in err
    rows = [["Force", "Area", "Grade"], [marked.format("Kent Police"), OFFENDERS, "Good"]]
    assert f"no body is known as '{marked.format('Kent Police')}'" in told(rows, *GRADES)[2]
    rows = [["document", "title", "publisher", "type"], ["a", "A", "HMICFRS", marked.format("Press report")]]
    assert "is not a word of this field" in told(rows, "--kind", "document.registered")[2]


@pytest.mark.parametrize("grade", ["Good -", "(Good)", "Good-", "Good/Adequate", "Good.", "'Good'"])
def test_a_grade_is_a_word_and_nothing_else(told: Any, grade: str) -> None:
    assert (
        f"'{grade}' is not a word of this field"
        in told([["Force", "Area", "Grade"], ["Kent", OFFENDERS, grade]], *GRADES)[2]
    )


def test_a_count_of_rows_counts_each_once_and_the_other_place_is_named(told: Any) -> None:
    rows = [["force", "area", "grade", "title"], *[["Kentish", OFFENDERS, "good", f"A {n}"] for n in range(3)]]
    kinds = [*GRADES, "--kind", "finding.recorded", "--set", "finding=a", "--set", "type=weakness"]
    assert "no body is known as 'Kentish' (in 2 more rows too); " in told(rows, *kinds)[2]
    rows = [["force", "area", "grade"], ["Kent", OFFENDERS, "good"], ["Kent", OFFENDERS, "adequate"]]
    said = "another judgement.given of this batch (t.csv:2) records this fact already, and differs in grade"
    assert f"t.csv:3 column \"grade\": grade: {said} ('good' there); " in told(rows, *GRADES)[2]
    rows = [["force", "concern", "title", "id", "text"], *[["Kent", "a", "A", "1", text] for text in "xy"]]
    options = ["--kind", "concern.issued", "--map", "id=recommendations.id", "--map", "text=recommendations.text"]
    err = told(rows, *options, *GRADES[6:])[2]
    assert 't.csv:3 column "id": recommendations.1.id: recommendation 1 is listed twice; ' in err


def test_every_problem_is_told_at_once(told: Any) -> None:
    rows = [["Force", "Area", "Grade"], *[[f"Nowhere {n}", "Preventing crime", "Great"] for n in range(3)]]
    err = told(rows, *GRADES)[2]
    assert err.count("t.csv:") == 4
    assert "t.csv:2 column \"Grade\": grade: 'Great' is not a word of this field (in 2 more rows too); " in err


def test_a_cell_that_cannot_be_read_names_the_option_that_says_what_it_means(told: Any) -> None:
    """Once for each column, also where the field is made of its cell."""
    rows = [["Force", "Area", "Rating"], ["Kentish", OFFENDERS, "RI"], ["Kent", OFFENDERS, "Very good"]]
    for given in (["--map", "Rating=grade"], ["--set", "grade={Rating}"]):
        code, _, err = told(rows, *GRADES, *given)
        option = "; what a cell means can be said, as with --word "
        assert (code, [line.rpartition(option)[2] for line in err.splitlines() if option in line]) == (
            3,
            ['"Force:Kentish=VALUE"', '"Rating:RI=VALUE"'],
        )
        assert "t.csv:3 column \"Rating\": grade: 'Very good' is not a word of this field; " in err
        words = ["--word", "Rating:RI=good", "--word", "Rating:Very good=good", "--word", "Force:Kentish=Kent"]
        assert told(rows[:2], *GRADES, *given, *words)[0] == 0


def test_what_no_column_gives_is_told_once(told: Any, tmp_path: Path) -> None:
    rows = [["Force", "Question", "Grade"], *[["Kent", OFFENDERS, "Good"]] * 60]
    code, _, err = told(rows, "--kind", "judgement.given", "--set", "documents=report")
    assert (code, err) == (
        3,
        "Error: t.csv: no column gives effective, inspection, framework, area of judgement.given; "
        'map the columns that do (Question), as with --map "Question=FIELD", or give all rows '
        "the same, as with --set area=VALUE\n",
    )
    assert told(rows, "--kind", "judgement.given", "--to-yaml", "more.yaml")[0] == 0  # to be completed by hand


def test_an_empty_cell_names_its_column(told: Any) -> None:
    rows = [["Force", "Area", "Grade"], ["Kent", "", "Good"]]
    assert 't.csv:2 column "Area": area: is missing' in told(rows, *GRADES)[2]


def test_what_is_given_twice_is_refused(told: Any) -> None:
    rows = [["Force", "Body", "Area", "Grade"], ["Kent", "Surrey", "Preventing crime", "Good"]]
    code, _, err = told(rows, *GRADES)
    assert (code, 'Force and Body both give body; leave one out, as with --map "Body="' in err) == (3, True), err
    assert told(rows, *GRADES, "--map", "Body=")[0] == 0
    code, _, err = told([["Force", "Area", "Grade", "Day"], ["Kent", "Leadership", "Good", "2024"]], *GRADES,
                        "--map", "Day=effective")  # fmt: skip
    assert (code, "Day and --set both give effective" in err) == (3, True), err


def test_what_is_set_goes_before_what_a_header_seems_to_mean(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Force", "Area", "Grade", "Effective"], ["Kent", "Preventing crime", "Good", "2024-03"]]
    code, _, err = told(rows, *GRADES)
    assert (code, "left out: the columns Effective" in err) == (0, True)
    assert state(capsys, "Kent")["judgements"][0]["since"] == "2024-02-01"


def test_what_a_cell_means_can_be_said(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Force", "Area", "Rating"], ["Kent", "Preventing crime", "RI"], ["Kent", OFFENDERS, "n/a"]]
    options = ["--map", "Rating=grade", "--word", "Rating:RI=requires-improvement", "--where", "Rating=RI"]
    code, _, err = told(rows, *GRADES, *options)
    assert (code, err) == (0, f"{READ_BACK}Warning: t.csv: left out: 1 rows by --where\n")
    assert state(capsys, "Kent")["judgements"][0]["grade"] == "requires-improvement"


def test_figures_have_thousands_separators(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Force", "value", "per"], ["Kent", "1,234.5", "100,000"]]
    options = ["--kind", "statistic.reported", "--set", "statistic=crimes-2024", "--set", "metric=crimes"]
    options += ["--set", "unit=offences", "--set", "effective=2024-02-01", "--set", "documents=report"]
    assert told(rows, *options)[0] == 0
    (figure,) = state(capsys, "Kent")["statistics"]
    assert (figure["value"], figure["per"]) == ("1234.5", 100_000)


def test_columns_that_nothing_takes_are_told(told: Any) -> None:
    rows = [["Force", "Area", "Grade", "Remarks"], ["Kent", "Preventing crime", "Good", "x"]]
    assert 'left out: the columns Remarks; map them, --map "Remarks=FIELD", or' in told(rows, *GRADES)[2]
    assert "left out" not in told(rows, *GRADES, "--map", "Remarks=")[2]


@pytest.mark.parametrize(
    ("options", "code", "problem"),
    [
        ([], 2, "Give the --kind of event that a row gives"),
        (["--kind", "judgement"], 2, "there is no kind 'judgement'"),
        (["--kind", "judgement.given", "--map", "Grad=grade"], 3, "there is no column 'Grad'; there are Force"),
        (
            ["--kind", "judgement.given", "--map", "Grade=grad"],
            3,
            "no event of judgement.given has a field 'grad'; did you mean grade?",
        ),
        (["--kind", "judgement.given", "--set", "documents={Source}"], 3, "there is no column 'Source'"),
        (["--kind", "judgement.given", "--map", "Grade"], 2, "'Grade' is not of the form NAME=VALUE"),
        (["--kind", "judgement.given", "--word", "Grade=x"], 2, "'Grade=x' is not of the form COLUMN:CELL=VALUE"),
        (["--profile", "grades"], 3, "force-ledger.toml: no profile can be read from it"),
        (["--profile", "none.toml"], 3, "none.toml: no profile can be read from it"),
    ],
)
def test_a_mistaken_mapping_is_told(told: Any, options: list[str], code: int, problem: str) -> None:
    found, _, err = told([["Force", "Area", "Grade"], ["Kent", "Preventing crime", "Good"]], *options)
    assert (found, problem in err) == (code, True), err


PROFILE = """
kind = "judgement.given"
[{0}map]
Rating = "grade"
Remarks = []
[{0}set]
inspection = "peel-2023-25"
framework = "peel-2023-25"
effective = "2024-02-01"
documents = "report"
[{0}word.Rating]
RI = "requires-improvement"
"""


@pytest.mark.parametrize("named", [True, False])
def test_a_profile_keeps_the_options(told: Any, named: bool) -> None:
    if named:
        Path("force-ledger.toml").write_text("[import.grades]" + PROFILE.format("import.grades."))
    else:
        Path("grades.toml").write_text(PROFILE.format(""))
    rows = [["Force", "Area", "Rating", "Remarks"], ["Kent", "Preventing crime", "RI", "x"]]
    profile = ["--profile", "grades" if named else "grades.toml"]
    assert told(rows, *profile)[::2] == (0, READ_BACK)
    Path("grades.toml").write_text("kind = 'judgement.given'\nmpa = 1")
    assert "a profile has no 'mpa'" in told(rows, "--profile", "grades.toml")[2]


def test_a_dry_run_and_yaml_record_nothing(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        ["Force", "Area", "Grade"],
        ["Kent", "Preventing crime", "Good"],
        ["Kent", OFFENDERS, "adequate"],
    ]
    assert "Would append 2" in told(rows, *GRADES, "--dry-run")[1]
    assert told(rows, *GRADES, "--to-yaml", "t.yaml")[1] == "Wrote 2 events to t.yaml; nothing was recorded.\n"
    assert state(capsys, "Kent")["judgements"] == []
    assert run(["append", "t.yaml"]) == 0
    assert len(state(capsys, "Kent")["judgements"]) == 2
    assert told(rows, *GRADES)[1] == "Appended 0, 2 already recorded\n"


def test_a_workbook_is_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Force", "Area", "Grade"],
        ["Kent", "Preventing crime", "Good"],
        ["Kentt", OFFENDERS, "Good"],
    ):
        sheet.append(row)
    book.save("t.xlsx")
    assert run(["import", "t.xlsx", *GRADES]) == 3
    assert "t.xlsx [Sheet] A3: body: no body is known as 'Kentt'" in capsys.readouterr().err
    sheet.delete_rows(3)
    book.save("t.xlsx")
    assert run(["import", "t.xlsx", *GRADES]) == 0
    assert run(["import", "none.xlsx", *GRADES]) == 2
