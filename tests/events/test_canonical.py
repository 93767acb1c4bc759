"""Canonical JSON: one value, one sequence of bytes; another encoder agrees, and all else is refused."""

import json
import tracemalloc
from typing import Any
from unicodedata import normalize

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from events.canonical import CanonicalError, Encoded, decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda text: normalize("NFC", text))
names = st.text(st.characters(max_codepoint=127), max_size=10)
values = st.recursive(
    st.one_of(texts, st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=20,
)


@given(values)
def test_another_encoder_gives_the_same_bytes(value: Any) -> None:
    assert encode(value) == rfc8785.dumps(value)


@given(values)
def test_what_was_encoded_is_decoded_to_the_same_value(value: Any) -> None:
    assert decode(encode(value)) == value


@given(st.binary(max_size=40) | values.map(lambda value: json.dumps(value).encode()))
def test_bytes_are_decoded_only_if_they_are_what_encoding_gives(data: bytes) -> None:
    try:
        value = decode(data)
    except CanonicalError:
        return
    assert encode(value) == data


@given(values)
def test_what_was_encoded_is_a_part_of_a_larger_value_as_it_is(value: Any) -> None:
    assert encode({"a": Encoded(encode(value)), "b": 1}) == encode({"a": value, "b": 1})


def test_a_tuple_is_written_as_a_list() -> None:
    assert encode({"b": (1, True), "a": "é\n"}) == '{"a":"é\\n","b":[1,true]}'.encode()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.0, r"\$: float has no place"),
        (float("nan"), r"\$: float has no place"),
        (None, r"\$: NoneType has no place"),
        (b"bytes", r"\$: bytes has no place"),
        ({"a": [1, 2.5]}, r"\$\.a\[1\]: float has no place"),
        (2**53, r"\$: integer beyond 2\^53-1"),
        (-(2**53), r"\$: integer beyond 2\^53-1"),
        ({"a": {"b": "e\u0301"}}, r"\$\.a\.b: text is not in Unicode NFC"),
        ({"é": 1}, r"\$: key 'é' is not ASCII text"),
        ({1: 1}, r"\$: key 1 is not ASCII text"),
        ("\ud800", "surrogates"),
    ],
)
def test_a_value_outside_the_profile_is_refused_at_its_place(value: Any, message: str) -> None:
    with pytest.raises(CanonicalError, match=message):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"\xff", b'"\xed\xa0\x80"', b'"\\ud800"', b"nan", b"NaN", b"Infinity",
        b"1.0", b"1e3", b"-0", b"01", b"null", b'{"a":null}', b"9007199254740992", b"18446744073709551616",
        b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1} ', b'{"a":1}\n', b"\xef\xbb\xbf{}",
        '{"é":1}'.encode(), '"e\u0301"'.encode(), b'"\\u00e9"', b'"\\/"', b'"\\u000A"', b'"\\u007f"',
    ],
)  # fmt: skip
def test_bytes_in_any_other_form_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        decode(data)


@pytest.mark.parametrize("depth", [300, 1000, 5000])
def test_bytes_nested_too_deep_are_refused(depth: int) -> None:
    with pytest.raises(CanonicalError):
        decode(b"[" * depth + b"]" * depth)


def test_a_value_nested_too_deep_is_refused() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(CanonicalError, match="nested too deep"):
        encode(value)


def test_bytes_take_no_more_memory_than_they_have() -> None:
    tracemalloc.start()
    try:
        kept = [encode({"number": number}) for number in range(1000)]
        assert tracemalloc.get_traced_memory()[0] < 100 * len(kept)
    finally:
        tracemalloc.stop()
