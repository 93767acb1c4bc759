"""Fire and rescue services are bodies of another kind; monitoring and concerns hold for them too."""

from datetime import date

import pytest

from ledger.errors import Refused
from ledger.query.context import QueryContext
from ledger.store.store import Store
from projections.state import body_state
from tests.conftest import record_yaml

SERVICE = """
common: {body: wiltshire-fire, documents: [letter]}
events:
- kind: document.registered
  document: letter
  type: inspectorate-letter
  title: An invented letter
  publisher: HMICFRS
  published: 2024-05-01
- kind: body.registered
  body: wiltshire-fire
  type: fire-and-rescue-service
  name: An Invented Fire and Rescue Service
  nation: England
- kind: concern.issued
  concern: prevention-2024
  effective: 2024-05-01
  title: Prevention
  recommendations: [{id: 1, deadline: within 3 months}]
- kind: monitoring.engaged
  effective: 2024-05
  concerns: [prevention-2024]
"""


def test_a_fire_and_rescue_service_can_be_in_engage_with_a_concern(ledger: Store) -> None:
    record_yaml(ledger, SERVICE)
    with ledger.reading() as reader:
        seen = QueryContext.of(reader, date(2024, 6, 1))
        state = body_state(seen.on_day(seen.find_body("An invented fire and rescue service")))
    assert (state["monitoring"]["phase"], state["monitoring"]["since"]) == ("engage", "2024-05")
    (concern,) = state["concerns"]
    assert (concern["status"], concern["recommendations"][0]["due"]) == ("open", "2024-08-01")


def graded(round: str, effective: str, **grades: str) -> str:
    given = "".join(
        f"- {{kind: judgement.given, area: {a.replace('_', '-')}, grade: {g}}}\n" for a, g in grades.items()
    )
    common = (
        f"body: wiltshire-fire, effective: {effective}, inspection: {round}, framework: {round}, documents: [letter]"
    )
    return f"common: {{{common}}}\nevents:\n- {{kind: inspection.published}}\n{given}"


def grades(ledger: Store, day: str) -> dict[str, str]:
    with ledger.reading() as reader:
        state = QueryContext.of(reader, date.fromisoformat(day)).state("wiltshire-fire")
    return {judgement["area"]: judgement["grade"] for judgement in state["judgements"]}


def test_a_fire_and_rescue_service_is_graded_by_frameworks_of_its_own(ledger: Store) -> None:
    record_yaml(ledger, SERVICE)
    record_yaml(ledger, graded("frs-2018-19", "2018-12-20", people="inadequate", responding_to_national_risks="good"))
    assert grades(ledger, "2019-01-01") == {"people": "inadequate", "responding-to-national-risks": "good"}
    with pytest.raises(Refused, match="has no grade 'adequate'"):
        record_yaml(ledger, graded("frs-2021-22", "2022-07-27", values_and_culture="adequate"))
    record_yaml(ledger, graded("frs-2023-25", "2024-05-01", responding_to_major_incidents="adequate"))
    assert grades(ledger, "2024-05-01") == {"responding-to-major-incidents": "adequate"}


@pytest.mark.parametrize("round", ["peel-2018-19", "crime-data-integrity"])
def test_it_is_not_graded_by_those_of_police_forces(ledger: Store, round: str) -> None:
    record_yaml(ledger, SERVICE)
    with pytest.raises(Refused, match="is not for a fire and rescue service"):
        record_yaml(ledger, graded(round, "2019-05-02"))


def test_in_the_third_round_no_pillar_is_graded(ledger: Store) -> None:
    record_yaml(ledger, SERVICE)
    with pytest.raises(Refused, match="does not grade 'People'"):
        record_yaml(ledger, graded("frs-2023-25", "2024-05-01", people="good"))
