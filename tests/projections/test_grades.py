"""Grades as they were published: pillar by pillar, joined later, changed in mid-cycle, carried over."""

import csv
import io
import json
from datetime import date

import pytest

from ledger.cli import run
from ledger.cli.words import state_in_words
from ledger.errors import Refused
from ledger.query.context import QueryContext
from ledger.store.store import Store
from projections.shown import differences
from projections.state import body_state
from tests.conftest import address, record_yaml

DOCUMENT = """
- {kind: document.registered, document: reports, type: inspectorate-report, title: The reports, publisher: HMIC}
"""


def report(inspection: str, effective: str, covers: str = "", **grades: str) -> str:
    """The report of an inspection, with what it covers and the grades that it gave; the framework is the first three
    parts of its id, or two."""
    cycle = inspection.split("-")
    framework = "-".join(cycle[:3] if cycle[2:] and cycle[2].isdigit() else cycle[:2])
    given = [f"- {{kind: judgement.given, area: {area.replace('_', '-')}, grade: {g}}}" for area, g in grades.items()]
    return "\n".join(
        [
            f"common: {{body: kent, effective: {effective}, inspection: {inspection}, framework: {framework}, "
            "documents: [reports]}",
            "events:",
            f"- {{kind: inspection.published, covers: [{covers}]}}",
            *given,
        ]
    )


def in_force(ledger: Store, day: str) -> dict[str, str]:
    """The grades in force on a day, by area, after the inspection that gave them; by replay and by read model."""
    with ledger.reading() as reader:
        by_replay = body_state(QueryContext.of(reader, date.fromisoformat(day)).on_day("kent"))
        by_model = body_state(
            QueryContext.of(reader, date.fromisoformat(day), ledger=ledger.database.cache_path).on_day("kent")
        )
    assert by_replay == by_model
    return {one["area"]: f"{one['inspection']} {one['grade']}" for one in by_replay["judgements"]}


PILLARS_2015 = (
    report("peel-2015-efficiency", "2015-10-20", "efficiency", efficiency="good", workforce_model="good"),
    report("peel-2015-legitimacy", "2016-02-11", "legitimacy", legitimacy="good"),
    report(
        "peel-2015-effectiveness", "2016-02-18", "effectiveness",
        effectiveness="requires-improvement", investigating_crime="inadequate",
    ),
)  # fmt: skip


def test_a_report_on_a_pillar_ends_only_the_grades_of_that_pillar(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    for batch in PILLARS_2015:
        record_yaml(ledger, batch)
    of_2015 = {
        "efficiency": "peel-2015-efficiency good",
        "workforce-model": "peel-2015-efficiency good",
        "legitimacy": "peel-2015-legitimacy good",
        "effectiveness": "peel-2015-effectiveness requires-improvement",
        "investigating-crime": "peel-2015-effectiveness inadequate",
    }
    assert in_force(ledger, "2016-03-01") == of_2015
    record_yaml(
        ledger, report("peel-2016-efficiency", "2016-11-03", "efficiency", efficiency="good", using_resources="good")
    )
    assert in_force(ledger, "2016-11-03") == {
        **{area: grade for area, grade in of_2015.items() if "efficiency" not in grade},
        "efficiency": "peel-2016-efficiency good",  # the workforce model, of 2015 alone, ended with its pillar
        "using-resources": "peel-2016-efficiency good",
    }
    record_yaml(ledger, report("peel-2018-19", "2019-05-02", investigating_crime="good"))
    assert in_force(ledger, "2019-05-02") == {"investigating-crime": "peel-2018-19 good"}, "it covers all pillars"


def test_an_inspection_may_cover_areas_one_by_one(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, PILLARS_2015[2])
    record_yaml(
        ledger, report("peel-2016-investigations", "2016-11-03", "investigating-crime", investigating_crime="good")
    )
    assert in_force(ledger, "2016-11-03") == {
        "effectiveness": "peel-2015-effectiveness requires-improvement",
        "investigating-crime": "peel-2016-investigations good",
    }


def test_a_tally_of_one_pillar_stands_beside_that_of_another(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    for pillar, day in (("efficiency", "2015-10-20"), ("legitimacy", "2016-02-11")):
        tally = "\n- {kind: tally.given, counts: {good: 2}}"
        record_yaml(ledger, report(f"peel-2015-{pillar}", day, pillar) + tally)
    with ledger.reading() as reader:
        state = body_state(QueryContext.of(reader, date(2016, 3, 1)).on_day("kent"))
    assert [tally["inspection"] for tally in state["tallies"]] == ["peel-2015-efficiency", "peel-2015-legitimacy"]
    record_yaml(ledger, report("peel-2016-efficiency", "2016-11-03", "efficiency"))
    with ledger.reading() as reader:
        state = body_state(QueryContext.of(reader, date(2016, 12, 1)).on_day("kent"))
    assert [tally["inspection"] for tally in state["tallies"]] == ["peel-2015-legitimacy"]


def test_a_grade_that_joins_a_report_months_later_stands_beside_the_others(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, report("peel-2021-22", "2022-01-20", investigating_crime="adequate"))
    record_yaml(
        ledger,
        """
common: {body: kent, effective: 2022-11-25, inspection: peel-2021-22, framework: peel-2021-22, documents: [reports]}
events:
- {kind: judgement.given, area: disrupting-serious-organised-crime, grade: good}
""",
    )
    assert in_force(ledger, "2022-11-24") == {"investigating-crime": "peel-2021-22 adequate"}
    assert in_force(ledger, "2022-11-25")["disrupting-serious-organised-crime"] == "peel-2021-22 good"
    assert in_force(ledger, "2022-11-25")["investigating-crime"] == "peel-2021-22 adequate"


def regrade(effective: str, grade: str) -> str:
    return f"""
- kind: judgement.regraded
  body: kent
  effective: {effective}
  inspection: peel-2021-22
  framework: peel-2021-22
  area: responding-to-the-public
  grade: {grade}
  reason: The force's figures had been wrong.
  documents: [reports]
"""


def test_a_grade_may_be_changed_in_mid_cycle_without_another_inspection(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, report("peel-2021-22", "2022-01-20", responding_to_the_public="adequate"))
    record_yaml(ledger, regrade("2022-08-08", "requires-improvement"))
    assert in_force(ledger, "2022-08-07") == {"responding-to-the-public": "peel-2021-22 adequate"}
    assert in_force(ledger, "2022-08-08") == {"responding-to-the-public": "peel-2021-22 requires-improvement"}


def test_a_pilot_that_was_judged_twice_has_both_judgements_in_turn(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, report("peel-2021-22-pilot", "2021-05-20", investigating_crime="good"))
    record_yaml(ledger, report("peel-2021-22", "2022-05-20", investigating_crime="adequate"))
    assert in_force(ledger, "2022-05-19") == {"investigating-crime": "peel-2021-22-pilot good"}
    assert in_force(ledger, "2022-05-20") == {"investigating-crime": "peel-2021-22 adequate"}


def carried(grade: str = "", effective: str = "2018-03-22") -> str:
    return f"""
- kind: judgement.carried_forward
  body: kent
  effective: {effective}
  inspection: peel-2017-effectiveness
  framework: peel-2017
  area: tackling-serious-organised-crime
  documents: [reports]
  {f"grade: {grade}" if grade else ""}
"""


def test_a_grade_is_carried_over_from_a_report_that_is_not_on_record(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, report("peel-2017-effectiveness", "2018-03-22", "effectiveness", effectiveness="good"))
    with pytest.raises(Refused, match="no earlier judgement"):
        record_yaml(ledger, carried())
    record_yaml(ledger, carried("good"))
    assert in_force(ledger, "2018-03-22")["tackling-serious-organised-crime"] == "peel-2017-effectiveness good"
    with ledger.reading() as reader:
        state = body_state(QueryContext.of(reader, date(2018, 4, 1)).on_day("kent"))
    assert {one["area"]: one["inspected"] for one in state["judgements"]} == {
        "effectiveness": "inspected", "tackling-serious-organised-crime": "not-inspected",
    }  # fmt: skip


def test_a_grade_that_is_carried_over_is_the_one_on_record(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    soc = {"tackling_serious_organised_crime": "good"}
    record_yaml(ledger, report("peel-2016-effectiveness", "2017-03-02", "effectiveness", **soc))
    record_yaml(ledger, report("peel-2017-effectiveness", "2018-03-22", "effectiveness"))
    with pytest.raises(Refused, match="the earlier judgement on record is good, of peel-2016-effectiveness"):
        record_yaml(ledger, carried("outstanding"))
    record_yaml(ledger, carried("good"))
    assert in_force(ledger, "2018-03-22")["tackling-serious-organised-crime"] == "peel-2016-effectiveness good"


@pytest.mark.parametrize("carried_on", ["2018-03-22", "2018-02/2018-04"])
def test_a_grade_that_is_carried_over_began_when_it_was_given(ledger: Store, carried_on: str) -> None:
    record_yaml(ledger, DOCUMENT)
    soc = {"tackling_serious_organised_crime": "good"}
    record_yaml(ledger, report("peel-2016-effectiveness", "2017-03-02", "effectiveness", **soc))
    record_yaml(ledger, report("peel-2017-effectiveness", carried_on, "effectiveness") + carried("good", carried_on))
    record_yaml(ledger, report("peel-2018-19", "2019-05-02", effectiveness="good"))
    with ledger.reading() as reader:
        for day, inspected in (("2018-01-01", "inspected"), ("2018-04-30", "not-inspected"), ("2020-01-01", "lapsed")):
            state = body_state(QueryContext.of(reader, date.fromisoformat(day)).on_day("kent"), ended=True)
            (judged,) = (one for one in state["judgements"] if one["area"] == "tackling-serious-organised-crime")
            assert inspected in (judged["inspected"], judged["status"])
            assert (judged["since"], judged["certainty"]) == ("2017-03-02", "certain")
            if inspected != "inspected":
                assert judged["inspected_since"] == carried_on.replace("2018-02/2018-04", "2018-02-01/2018-04-30")
        told = state_in_words(QueryContext.of(reader, date(2018, 4, 30)).state("kent"))
        assert "good since 2017-03-02, not inspected, earlier judgement carried forward" in told
        possible = body_state(QueryContext.of(reader, date(2018, 3, 1)).on_day("kent"))
        assert [(one["grade"], one.get("alternatives")) for one in possible["judgements"]] == [("good", None)]


def test_a_report_and_its_grades_of_one_vague_date_happened_on_the_same_day(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, report("peel-2021-22", "2022-01-20", investigating_crime="adequate"))
    grades = report("peel-2023-25", "2024/2025", investigating_crime="good", managing_offenders="good")
    record_yaml(ledger, grades + "\n- {kind: tally.given, counts: {good: 2}}")
    with ledger.reading() as reader:
        state = body_state(QueryContext.of(reader, date(2024, 6, 1)).on_day("kent"))
    possible = {one["area"]: [other["value"] for other in one["alternatives"]] for one in state["judgements"]}
    assert possible == {"investigating-crime": ["good"], "managing-offenders": ["good"]}, "and never possibly none"
    assert [[other["value"] for other in tally["alternatives"]] for tally in state["tallies"]] == [["2 good"]]
    assert set(in_force(ledger, "2025-12-31").values()) == {"peel-2023-25 good"}


def test_what_another_document_dates_may_be_of_another_day(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, DOCUMENT.replace("document: reports", "document: press").replace("The reports", "An article"))
    record_yaml(ledger, report("peel-2021-22", "2022-01-20", investigating_crime="adequate"))
    record_yaml(ledger, report("peel-2023-25", "2024/2025"))
    joined = report("peel-2023-25", "2024/2025", investigating_crime="good").replace("[reports]", "[press]")
    record_yaml(ledger, "\n".join(line for line in joined.splitlines() if "inspection.published" not in line))
    with ledger.reading() as reader:
        state = body_state(QueryContext.of(reader, date(2024, 6, 1)).on_day("kent"))
    assert {other["value"] for other in state["judgements"][0]["alternatives"]} == {"good", None}


INTEGRITY = """
common:
  body: kent
  effective: 2018-06-14
  inspection: cdi-2018
  framework: crime-data-integrity
  documents: [reports]
events:
- {kind: inspection.published}
- {kind: judgement.given, area: crime-recording, grade: good}
- {kind: judgement.given, area: recording-reported-crime, grade: requires-improvement}
- {kind: tally.given, counts: {good: 1, requires-improvement: 1}}
"""


def test_a_programme_can_end_and_its_grades_end_with_it(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, INTEGRITY)
    both = {"crime-recording": "cdi-2018 good", "recording-reported-crime": "cdi-2018 requires-improvement"}
    assert in_force(ledger, "2026-01-01") == both, "nobody recorded that it ended"
    ended = "programme: crime-data-integrity, effective: 2020, documents: [reports]"
    record_yaml(ledger, f"- {{kind: inspection.programme_ended, body: kent, {ended}}}")
    assert in_force(ledger, "2019-12-31") == both
    assert in_force(ledger, "2020-12-31") == {}
    with ledger.reading() as reader:
        state = body_state(QueryContext.of(reader, date(2021, 1, 1)).on_day("kent"), ended=True)
    assert {one["until"] for one in (*state["judgements"], *state["tallies"])} == {"2020"}


def test_core_questions_end_with_the_programme_that_took_their_question_over(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(ledger, INTEGRITY)
    record_yaml(ledger, report("peel-2021-22", "2022-01-20", recording_data_about_crime="adequate"))
    assert in_force(ledger, "2022-01-20") == {"recording-data-about-crime": "peel-2021-22 adequate"}


SOME = """
common:
  body: kent
  effective: 2022-05-01
  inspection: peel-2021-22
  framework: peel-2021-22-revised
  documents: [reports]
events:
- {kind: inspection.published}
- {kind: tally.given, counts: {good: 5, inadequate: 0}, areas_graded: OF}
- {kind: judgement.given, area: investigating-crime, grade: adequate}
"""


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ("9", "tally of 9 areas: 5 good, 0 inadequate; 4 not stated"),
        ("not-stated", "tally of some areas: 5 good, 0 inadequate"),
    ],
)
def test_a_tally_can_count_some_of_the_areas(ledger: Store, of: str, told: str) -> None:
    record_yaml(ledger, DOCUMENT)
    warnings = record_yaml(ledger, SOME.replace("OF", of)).warnings
    assert not [warning for warning in warnings if "tally" in warning.message]
    with ledger.reading() as reader:
        state = body_state(QueryContext.of(reader, date(2022, 6, 1)).on_day("kent"))
    assert told in state_in_words(state)
    assert state["tallies"][0]["areas_graded"] == (int(of) if of.isdigit() else of)


def test_a_tally_counts_no_more_areas_than_were_graded(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    with pytest.raises(Refused, match="it counts more areas than were graded"):
        record_yaml(ledger, SOME.replace("OF", "4"))


CDI = """
common: {{body: kent, effective: {on}, inspection: {id}, framework: crime-data-integrity, documents: [reports]}}
events:
- {{kind: inspection.published, scope: {scope}}}
- {{kind: judgement.given, area: crime-recording{grade}}}
"""


def test_an_area_that_was_judged_again_keeps_no_earlier_grade_if_the_new_one_is_not_stated(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    for on, id, scope, grade in (
        ("2017-02-01", "cdi-2017", "assessment", ", grade: inadequate"),
        ("2018-03-01", "cdi-2018", "reinspection", ", grade: not-stated"),
    ):
        record_yaml(ledger, CDI.format(on=on, id=id, scope=scope, grade=grade))
    assert in_force(ledger, "2018-02-28") == {"crime-recording": "cdi-2017 inadequate"}
    assert in_force(ledger, "2018-03-01") == {"crime-recording": "cdi-2018 not-stated"}
    with ledger.reading() as reader:
        state = body_state(QueryContext.of(reader, date(2018, 6, 1)).on_day("kent"))
    assert ": inspected, the grade is not stated" in state_in_words(state)
    assert (state["graded"][0]["graded"], state["graded"][0]["worst"]) == (0, None)
    with pytest.raises(Refused, match="give the grade; or not-graded, or not-stated"):
        record_yaml(ledger, CDI.format(on="2019-03-01", id="cdi-2019", scope="reinspection", grade=""))


def test_a_grade_that_is_not_on_record_can_be_carried_forward_unseen(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    record_yaml(
        ledger,
        """
common:
  body: kent
  effective: 2018-03-22
  inspection: peel-2017-effectiveness
  framework: peel-2017
  documents: [reports]
events:
- {kind: inspection.published, covers: [effectiveness]}
- {kind: judgement.carried_forward, area: preventing-crime, grade: not-stated}
""",
    )
    assert in_force(ledger, "2018-04-01") == {"preventing-crime": "peel-2017-effectiveness not-stated"}


@pytest.mark.in_a_file
def test_a_tally_that_lapsed_or_was_superseded_is_told_with_both_its_ends(
    ledger: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    record_yaml(ledger, DOCUMENT)
    for year, counts in (("2018-19", "{good: 2}"), ("2021-22", "{good: 1, adequate: 3}")):
        batch = report(f"peel-{year}", f"{year[:4]}-12-01")
        record_yaml(ledger, f"{batch}\n- {{kind: tally.given, counts: {counts}}}")
    record_yaml(ledger, report("peel-2023-25", "2024-05-01"))

    def ask(*words: str) -> str:
        assert run(["--ledger", address(ledger), *words]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    day = "--as-of", "2025-01-01"
    with ledger.reading() as reader:
        ways = [QueryContext.of(reader, date(2025, 1, 1), ledger=one) for one in (None, ledger.database.cache_path)]
        first, second = (way.state("kent", ended=True) for way in ways)
        assert first == second
    ends = {
        ("peel-2018-19", "superseded", "2018-12-01", "2021-12-01", "2 good"),
        ("peel-2021-22", "lapsed", "2021-12-01", "2024-05-01", "3 adequate, 1 good"),
    }
    keys = "framework", "status", "since", "until"
    told = {(*(one[key] for key in keys), words_of(one["counts"])) for one in first["tallies"]}
    assert told == ends
    text = ask("state", "kent", "--all", *day)
    assert "tally of 2 areas: 2 good, 2018-12-01 to 2021-12-01, superseded" in text
    assert "tally of 4 areas: 3 adequate, 1 good, 2021-12-01 to 2024-05-01, lapsed" in text
    assert "tallies no longer: 1 superseded, 1 lapsed" in ask("state", "kent", *day)
    assert json.loads(ask("state", "kent", *day, "--json"))["tallies"] == []
    rows = csv.DictReader(io.StringIO(ask("state", "kent", "--all", *day, "--csv")))
    by_csv = {(row["id"], row["value"], row["status"], row["until"]) for row in rows if row["subject"] == "tally"}
    assert by_csv == {
        ("peel-2018-19/good", "2", "superseded", "2021-12-01"), ("peel-2021-22/good", "1", "lapsed", "2024-05-01"),
        ("peel-2021-22/adequate", "3", "lapsed", "2024-05-01"),
    }  # fmt: skip
    (viewed, *none) = json.loads(
        ask(
            "query",
            "SELECT framework, status, since, until, counts FROM tallies WHERE valid_to = '9999-12-31'",
            "--json",
        )
    )
    assert not none
    assert (*(viewed[key] for key in keys), words_of(json.loads(viewed["counts"]))) in ends


def words_of(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {grade}" for grade, number in sorted(counts.items()))


def test_a_new_report_is_one_difference_for_each_grade_and_tally(ledger: Store) -> None:
    record_yaml(ledger, DOCUMENT)
    for framework, day in (("peel-2018-19", "2018-12-01"), ("peel-2021-22", "2021-12-01")):
        batch = report(framework, day, preventing_crime="good")
        record_yaml(ledger, f"{batch}\n- {{kind: tally.given, counts: {{good: 2}}}}")
    with ledger.reading() as reader:
        days = (
            QueryContext.of(reader, date.fromisoformat(day)).on_day("kent").by_key
            for day in ("2019-01-01", "2022-01-01")
        )
        told = [(row["subject"], row["field"]) for row in differences(*days) if row["subject"] != "inspection"]
    assert told == [("judgement", None), ("tally", None)]
