"""JSON Schema: that of every kind is valid, and accepts what the kind has stored."""

import pytest
from jsonschema import Draft202012Validator, ValidationError

from events.event import REGISTER, Event
from tests.support.golden import FOLDER, data_of

classes = {f"{kind}@{version}": class_ for (kind, version), class_ in REGISTER.items()}
written = {name: class_ for name, class_ in classes.items() if (FOLDER / f"{name}.json").exists()}
each_class = pytest.mark.parametrize("class_", classes.values(), ids=classes)
each_with_golden_data = pytest.mark.parametrize("class_", written.values(), ids=written)  # test_golden names the others


@each_class
def test_the_schema_of_every_kind_is_valid(class_: type[Event]) -> None:
    for schema in (class_.model_json_schema(), class_.model_json_schema(mode="serialization")):
        Draft202012Validator.check_schema(schema)


@each_with_golden_data
def test_the_schema_accepts_the_golden_data(class_: type[Event]) -> None:
    Draft202012Validator(class_.model_json_schema()).validate(data_of(class_))


@each_with_golden_data
def test_the_schema_refuses_an_unknown_field_and_a_missing_one(class_: type[Event]) -> None:
    validator = Draft202012Validator(class_.model_json_schema())
    with pytest.raises(ValidationError, match="Additional properties"):
        validator.validate({**data_of(class_), "no_such_field": "x"})
    with pytest.raises(ValidationError, match="required"):
        validator.validate({})


@each_class
def test_the_schema_describes_the_kind_and_every_field(class_: type[Event]) -> None:
    schema = class_.model_json_schema()
    assert schema["description"]
    assert all(field.get("description") for field in schema["properties"].values())
