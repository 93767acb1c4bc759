"""Feeds and the calendar are held against their standards; each rule that is held is seen to find its fault."""

import pytest

from tests.support.feeds import calendar_faults, feed_faults

FEED = """<feed xmlns="http://www.w3.org/2005/Atom">
<id>tag:example.org,2026-11-21:/feed.xml</id><title>Changes</title><updated>2026-11-21T09:30:00.000000Z</updated>
<author><name>A</name></author><link rel="self" href="feed.xml"/><link href="index.html"/>
<entry><id>tag:example.org,2026-11-21:/a/#2023-12-scan</id><title>A</title><updated>2026-11-21T09:30:00Z</updated>
<link href="a/index.html"/><summary>B</summary></entry>
<entry><id>https://example.org/b/#../2019</id><title>B</title><updated>2026-11-21T10:30:00+01:00</updated>
<link href="https://example.org/b/"/></entry></feed>"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//A//EN
BEGIN:VEVENT
UID:a@example.org
DTSTAMP:20261121T093000Z
DTSTART;VALUE=DATE:20261121
DTEND;VALUE=DATE:20261122
SUMMARY:A
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
"""


def test_a_feed_and_a_calendar_without_a_fault() -> None:
    assert feed_faults(FEED.encode()) == []
    assert calendar_faults(CALENDAR.replace("\n", "\r\n").encode()) == []


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("<title>Changes</title>", "", "feed has 0 of title"),
        ("<summary>B</summary>", "<summary>B</summary><summary>C</summary>", "entry has 2 of summary"),
        ("<summary>B</summary>", "<note>B</note>", "entry has note"),
        ("<summary>B</summary>", '<summary lang="en">B</summary>', "summary has the attribute lang"),
        ("<summary>B</summary>", "B", "entry has a text"),
        ("<title>B</title>", "<title> </title>", "title is empty"),
        ("<author><name>A</name></author>", "", "neither the feed nor each entry has an author"),
        ("<author><name>A</name></author>", "<author/>", "author has 0 of name"),
        ('<link rel="self" href="feed.xml"/>', "", "the feed has not one link to itself"),
        ("2026-11-21T09:30:00Z", "2026-11-21t09:30:00Z", "2026-11-21t09:30:00Z is not an instant"),
        ("2026-11-21T09:30:00Z", "2026-11-21", "2026-11-21 is not an instant"),
        ("https://example.org/b/#../2019", "b/", "b/ is not an absolute IRI"),
        ("#2023-12-scan", "#[1]", "tag:example.org,2026-11-21:/a/#[1] is not an absolute IRI"),
        ("https://example.org/b/#../2019", "tag:example.org,2026-11-21:/feed.xml", "/feed.xml is the id of 2"),
        ('<link href="a/index.html"/>', "", "entry has 0 of link"),
        ('href="a/index.html"', 'href="a b"', "a b is not an IRI reference"),
        ('<link href="index.html"/>', '<link href="x"/><link href="y"/>', "2 links to the same in another form"),
        ('<link href="a/index.html"/>', '<link rel="self" href="x"/>', "an entry without content has no link to it"),
    ],
)
def test_a_fault_of_a_feed_is_found(good: str, bad: str, fault: str) -> None:
    assert FEED.count(good) == 1
    assert any(fault in one for one in feed_faults(FEED.replace(good, bad).encode()))


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("VERSION:2.0", "VERSION:1.0", "the version is not 2.0"),
        ("PRODID:-//A//EN\n", "", "VCALENDAR lacks PRODID"),
        ("UID:a@example.org\n", "", "VEVENT lacks UID"),
        ("SUMMARY:A\n", "SUMMARY:A\nSUMMARY:B\n", "VEVENT has SUMMARY twice"),
        ("SUMMARY:A\n", "SUMMARY:A\nDURATION:P1D\n", "VEVENT has both of"),
        ("DTSTAMP:20261121T093000Z", "DTSTAMP:yesterday", "VEVENT: DTSTAMP:"),
        ("DTSTART;VALUE=DATE:20261121\n", "", "an event has no day"),
        ("DATE:20261122", "DATE:20261121", "an event ends before it begins"),
        ("DTEND;VALUE=DATE:20261122", "DTEND:20261122T090000Z", "an event ends in another kind of time"),
        ("CONFIRMED", "LATE", "LATE is no status of an event"),
        ("SUMMARY:A", f"SUMMARY:{'A' * 70}", "is longer than 75 bytes"),
        ("SUMMARY:A\n", "SUMMARY:A\v", "a line does not end in CRLF"),
        ("BEGIN:VEVENT", "BEGIN:VEVENT\nUID:a@example.org\nEND:VEVENT\nBEGIN:VEVENT", "is the UID of 2"),
    ],
)
def test_a_fault_of_a_calendar_is_found(good: str, bad: str, fault: str) -> None:
    assert CALENDAR.count(good) == 1
    data = CALENDAR.replace(good, bad).replace("\n", "\r\n").replace("\v", "\n").encode()
    assert any(fault in one for one in calendar_faults(data))
