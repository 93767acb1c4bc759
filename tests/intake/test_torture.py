"""What clerks write by mistake: the right reading, or a message that says what to type; never a silent loss."""

import re

import pytest

from ledger.intake import yaml
from ledger.intake.raw import RawBatch

FACT = "- kind: concern.issued\n  body: kent\n"
QUOTES = 'put the text in quotes: "…"'


def problems(text: str) -> list[str]:
    return [str(problem) for problem in yaml.read(text, "t.yaml").problems]


def value(text: str, field: str = "title") -> object:
    batch = yaml.read(text, "t.yaml")
    assert batch.problems == []
    return batch.events[0].tree[field]


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ('"Custody #1 - too crowded"', "Custody #1 - too crowded"),
        ("'Custody #1 - too crowded'", "Custody #1 - too crowded"),
        ("Custody#1", "Custody#1"),
        ("Custody  # a comment of the clerk's own", None),
        ("Custody #1 - too crowded", None),
        ('"Custody" # a comment behind a quoted text', "Custody"),
        ('"Custody: too crowded"', "Custody: too crowded"),
        ("Custody: too crowded", None),
        ("Custody:too crowded", "Custody:too crowded"),
        ("'The chief''s plan'", "The chief's plan"),
        ("The chief's plan", "The chief's plan"),
        ("'The chief's plan'", None),
        ('"The \\"plan\\""', 'The "plan"'),
        ('The "plan"', 'The "plan"'),
        ('"The" plan', None),
        ("{Custody} too crowded", None),
        ("[Custody] too crowded", None),
        ("@custody", None),
        ("%50 of custody", None),
        ("`custody`", None),
        ("*custody", None),
        ("&custody too crowded", None),
        ("!custody too crowded", None),
        ("- custody", None),
        ("-custody", "-custody"),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("null", None),
        ("~", None),
        ("", None),
        ("1e5", "1e5"),
        ("0x1F", "0x1F"),
        ("012", "012"),
        ("2023-12-22", "2023-12-22"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("<some-title>", None),
        ("Custody,\n    too crowded", "Custody, too crowded"),
        ("|\n    Custody\n    too crowded", "Custody\ntoo crowded\n"),
        (">-\n    Custody # not a comment here\n    too crowded", "Custody # not a comment here too crowded"),
    ],
)
def test_a_title_is_read_whole_or_refused(title: str, read: str | None) -> None:
    text = f"{FACT}  title: {title}\n"
    if read is None:
        assert all(re.search("quote|fill it in", problem.partition("; ")[2]) for problem in problems(text)), title
        assert problems(text)
    else:
        assert value(text) == read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f"{FACT}  title: Custody #1 - too crowded\n",
            "YAML ends the text before `#1 - too crowded`; " + QUOTES,
        ),
        ("- {kind: x, title: Cell #3}\n- {kind: y}\n", "1:20: broken YAML: YAML ends the text before `#3}`; " + QUOTES),
        ("- {kind: x, title: Cell #3}\n", "1:20: broken YAML: YAML ends the text before `#3}`; " + QUOTES),
        (
            "- {kind: x,\n  title: Cell #3, body: kent,\n  note: x}\n",
            "2:10: broken YAML: YAML ends the text before `#3",
        ),
        ("- {kind: x, because: [a #3]}\n- kind: y\n", "1:23: broken YAML: YAML ends the text before `#3]}`; " + QUOTES),
        (f"{FACT}  title: Custody: too crowded\n", "mapping values are not allowed here; " + QUOTES),
        (f"{FACT}  title: “Custody: too crowded”\n", 'write straight quotation marks, "…": YAML takes “…” for text'),
        ("- {kind: x, title: Custody: crowded}\n", QUOTES + ", if a colon or a comma belongs to it"),
        ("- {kind: x, title: Custody, too crowded}\n", "a comma ends a text inside braces; put the text in quotes"),
        ("- kind: x\n\ttitle: y\n", "write spaces, not tabs"),
        (f"{FACT}  title: 'The chief's plan'\n", "in double quotes; an apostrophe ends a text in single quotes"),
        (f"{FACT}  title: 'The chief\n", "close the quotation mark, or write an apostrophe in double quotes"),
        (f"{FACT}  title: @custody\n", QUOTES),
        (f"{FACT}  title: *custody\n", QUOTES + ", if the * belongs to it"),
        (f"{FACT}  title: &a custody\n", "title: anchors, aliases and tags are not read here; write "),
        (f"{FACT}  title: !a custody\n", "anchors, aliases and tags are not read here"),
        (f'{FACT}  title: "C:\\plans"\n', "write two backslashes for one, or use single quotes"),
        (f"{FACT}   title: Custody\n", "; put the text in quotes"),
        (f"{FACT} title: Custody\n", "indent the fields of an event alike"),
        (f"{FACT}  title: ? custody\n", QUOTES + ", if the ? belongs to it"),
        (f"{FACT}  title: > custody\n", QUOTES + ", if the > or | belongs to it"),
        (f"{FACT}  title: | custody\n", QUOTES + ", if the > or | belongs to it"),
        (f"{FACT}  title: &amp; custody\n", QUOTES + ", if the & or * belongs to it"),
        (f'{FACT}  title: "C:\\x"\n', "write two backslashes for one, or use single quotes"),
        (f"{FACT}  title: Custody\tcells\n", "write spaces, not tabs"),
        (f"{FACT}  title:\n", "title: the field has no value; fill it in, or leave it out"),
        ("- kind: entry.retracted\n  target: #100\n", 'target: the field has no value; write "#100", in quotes'),
        (f"{FACT}  because: [#12]\n", 'close the list; write an entry in quotes: "#12"'),
        (f"{FACT}  title: <some-title>\n", "title: <some-title> is still a blank; fill it in, or take the field out"),
        (f"{FACT}  title: Custody\n  title: Cells\n", "'title' is given twice; leave one out"),
        ("kind: concern.issued\n", "this is not a batch of events; write a list of events"),
        ("", "there are no events here; write a list of events"),
        ("# nothing but a comment\n", "there are no events here"),
        ("- concern.issued\n", "this is not an event; write a mapping with `kind:`"),
    ],
)
def test_a_message_says_what_to_type(text: str, told: str) -> None:
    assert any(told in problem and problem.startswith("t.yaml:") for problem in problems(text)), problems(text)


def test_a_comment_may_follow_what_is_no_text() -> None:
    text = f"{FACT}  recommendations_issued: 2  # not listed\n  effective: 2024 # the year of the letter\n"
    assert (value(text, "recommendations_issued"), value(text, "effective")) == ("2", "2024")


def test_a_file_may_have_several_batches_each_with_its_common_fields() -> None:
    first, second = (f"common: {{body: {body}}}\nevents:\n- {{kind: {body[0]}}}\n" for body in ("kent", "surrey"))
    batch: RawBatch = yaml.read(f"{first}---\n{second}---\n- {{kind: c}}\n", "t.yaml")
    assert batch.problems == []
    assert [(event.tree["kind"], event.shared) for event in batch.events] == [
        ("k", {"body": "kent"}), ("s", {"body": "surrey"}), ("c", {}),
    ]  # fmt: skip
    assert [str(event.places.of("kind")) for event in batch.events] == ["t.yaml:3:10", "t.yaml:7:10", "t.yaml:9:10"]
