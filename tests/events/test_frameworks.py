"""Frameworks: what each refers to exists, and the scales are those of their time."""

import json
from importlib.resources import files

import pytest

from events.frameworks import Framework, frameworks
from events.terms import Grade

FOUR = (Grade.OUTSTANDING, Grade.GOOD, Grade.REQUIRES_IMPROVEMENT, Grade.INADEQUATE)
FIVE = (Grade.OUTSTANDING, Grade.GOOD, Grade.ADEQUATE, Grade.REQUIRES_IMPROVEMENT, Grade.INADEQUATE)

each_framework = pytest.mark.parametrize("framework", frameworks().values(), ids=lambda f: f.framework)


@each_framework
def test_every_area_continues_an_area_of_an_earlier_framework(framework: Framework) -> None:
    order = list(frameworks())
    for area in framework.areas.values():
        for other, continued in area.continues:
            assert continued in frameworks()[other].areas
            if frameworks()[other].programme == framework.programme:
                assert order.index(other) < order.index(framework.framework)


@each_framework
def test_every_part_belongs_to_an_area_of_its_own_framework(framework: Framework) -> None:
    for area in framework.areas.values():
        if area.part_of is not None:
            assert framework.areas[area.part_of].part_of is None


@each_framework
def test_no_area_is_listed_twice_and_none_is_nameless(framework: Framework) -> None:
    listed = json.loads(files("events").joinpath("frameworks.json").read_text("utf-8"))["frameworks"]
    (areas,) = (item["areas"] for item in listed if item["framework"] == framework.framework)
    assert len(areas) == len(framework.areas) > 0
    assert all(area.title for area in framework.areas.values())


@each_framework
def test_every_framework_names_its_source(framework: Framework) -> None:
    assert framework.source.startswith("https://")


@each_framework
def test_adequate_came_with_2021_22(framework: Framework) -> None:
    if framework.programme == "peel":
        since_2021 = framework.framework >= "peel-2021-22"
        assert framework.scale == (FIVE if since_2021 else FOUR)


def test_crime_data_integrity_had_four_grades() -> None:
    assert frameworks()["crime-data-integrity"].scale == FOUR


def test_every_cycle_is_there() -> None:
    assert [name for name in frameworks() if name.startswith("peel-")] == [
        "peel-2014", "peel-2015", "peel-2016", "peel-2017", "peel-2018-19",
        "peel-2021-22", "peel-2021-22-revised", "peel-2023-25", "peel-2025-27",
    ]  # fmt: skip


def test_recording_data_about_crime_replaces_the_crime_data_integrity_judgement() -> None:
    parts = (
        "crime-recording", "recording-reported-crime", "crime-recording-systems-and-processes",
        "crime-recording-leadership-and-culture",
    )  # fmt: skip
    for cycle in ("peel-2021-22", "peel-2021-22-revised", "peel-2023-25"):
        judged = frameworks()[cycle].judges("recording-data-about-crime")
        assert judged == {("peel", "recording-data-about-crime"), *(("crime-data-integrity", one) for one in parts)}


def test_fire_and_rescue_has_three_rounds_and_adequate_came_with_the_third() -> None:
    rounds = [f for f in frameworks().values() if f.programme == "fire-and-rescue"]
    assert [f.framework for f in rounds] == ["frs-2018-19", "frs-2021-22", "frs-2023-25"]
    assert [f.scale for f in rounds] == [FOUR, FOUR, FIVE]
    assert {f.bodies for f in rounds} == {"fire-and-rescue-service"}
    for f in rounds:
        assert [sum(area.part_of == pillar for area in f.areas.values()) for pillar in PILLARS] == [5, 2, 4]
    assert [[f.areas[pillar].graded for pillar in PILLARS] for f in rounds] == [[True] * 3, [True] * 3, [False] * 3]


PILLARS = ("effectiveness", "efficiency", "people")


def test_an_area_that_continues_none_judges_itself_alone() -> None:
    assert frameworks()["peel-2018-19"].judges("effectiveness") == {("peel", "effectiveness")}
    assert frameworks()["peel-2025-27"].judges("not-listed-here") == {("peel", "not-listed-here")}
