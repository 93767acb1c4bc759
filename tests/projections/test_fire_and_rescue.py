"""Fire and rescue services are bodies of another kind; monitoring and concerns hold for them too."""

from datetime import date

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
