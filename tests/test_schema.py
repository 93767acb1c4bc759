"""JSON Schema: that of every kind is valid, and accepts what the kind has stored."""

import pytest
from jsonschema import Draft202012Validator, ValidationError

from events import canonical
from events.register import REGISTER, Event
from tests.golden_write import FOLDER

each_class = pytest.mark.parametrize(
    "class_", REGISTER.values(), ids=[f"{kind}@{version}" for kind, version in REGISTER]
)


@each_class
def test_the_schema_of_every_kind_is_valid(class_: type[Event]) -> None:
    for schema in (class_.model_json_schema(), class_.model_json_schema(mode="serialization")):
        Draft202012Validator.check_schema(schema)


@each_class
def test_the_schema_accepts_the_golden_data(class_: type[Event]) -> None:
    said = canonical.decode((FOLDER / f"{class_.kind}@{class_.version}.json").read_bytes())
    Draft202012Validator(class_.model_json_schema()).validate(said["data"])


@each_class
def test_the_schema_refuses_an_unknown_field_and_a_missing_one(class_: type[Event]) -> None:
    said = canonical.decode((FOLDER / f"{class_.kind}@{class_.version}.json").read_bytes())
    validator = Draft202012Validator(class_.model_json_schema())
    with pytest.raises(ValidationError, match="Additional properties"):
        validator.validate({**said["data"], "no_such_field": "x"})
    with pytest.raises(ValidationError, match="required"):
        validator.validate({})


@each_class
def test_the_schema_describes_the_kind_and_every_field(class_: type[Event]) -> None:
    schema = class_.model_json_schema()
    assert schema["description"]
    assert all(field.get("description") for field in schema["properties"].values())
