"""`make bench`: ours against the limits and against what one would pick instead, side by side in one run.

The figures that are wanted are those of the project's plan; docs/performance.md says why where one is missed.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import accounting, limits, ours, peers, server
from benchmarks.table import HEAD, Against, Figure, measured

RESULTS = Path(__file__).with_name("results.md")
SMALL, MIDDLE, LARGE = 10_000, 100_000, 1_000_000


def figures(small: int, middle: int, large: int) -> dict[str, list[Figure]]:
    """What is measured, by its heading."""
    return {
        "The same job by other tools, whole processes": the_same_job(small, middle),
        "Appending": appending(small, large),
        "Questions": questions(small, middle, large),
        "Verifying": verifying(small, middle, large),
        "The read model": modelling(small, large),
        "Whole processes": whole_processes(small, middle, large),
        "The record of all forces": the_record(),
    }


def the_same_job(small: int, middle: int) -> list[Figure]:
    """Facts from a file, read, validated, judged, and (by us and the library) stored and signed; and what is asked."""
    asked = ("state", "body-0", "--as-of", accounting.DAY)
    return [
        Figure(f"force-ledger append FILE, {small:,} facts into a new ledger", "ms", ours.append_file(small), (
            Against("the eventsourcing library, with models, invariants, signature and Merkle tree",
                    peers.library(small), 1),
            Against("bean-check", accounting.bean_check(small), 3),
            Against("hledger check", accounting.hledger_check(small), 3),
        ), less_is_better=True, rounds=3),
        Figure(f"force-ledger append FILE, one more fact, ledger of {middle:,}", "ms", ours.append_command(middle), (
            Against("bean-check of the file with it", accounting.bean_check(middle), 1 / 15),
            Against("hledger check of the file with it", accounting.hledger_check(middle), 1 / 15),
        ), less_is_better=True, rounds=3),
        Figure(f"force-ledger state BODY --as-of DAY, ledger of {middle:,}", "ms", ours.command(*asked, size=middle), (
            Against("bean-query, from its cache", accounting.bean_query(middle), 1 / 30),
            Against("hledger balance -e DAY", accounting.hledger_balance(middle), 1 / 30),
        ), less_is_better=True, rounds=3),
    ]  # fmt: skip


def appending(small: int, large: int) -> list[Figure]:
    """Validated, judged by the rules, in the tree, signed; the read model not counted."""
    batches, single = ours.append(small, 1000), ours.append(300, 1)
    return [
        Figure(f"append {small:,}, batches of 1,000", "entries/s", batches, (
            Against("plain eventsourcing, Application.save", peers.eventsourcing(small, 1000), 0.5),
            Against("git fast-import, a commit each", peers.git_fast_import(small), 1),
        )),
        Figure("append, one durable event in process", "entries/s", single, (
            Against("raw sqlite3, the same bytes, one a commit", limits.sqlite_rows(300, 1), 0.4),
            Against("plain eventsourcing, single save", peers.eventsourcing(300, 1), 0.6),
            Against("git commit", peers.git_commits(20), 1),
            Against("UmaDB, its own server", peers.umadb_single(300), 1),
        )),
        Figure(f"append, batches of 1,000, on PostgreSQL, {small:,}", "entries/s",
               ours.append(small, 1000, server.ledger_place), (
            Against("plain eventsourcing on PostgreSQL", peers.eventsourcing(small, 1000, server.library_place), 0.5),
        ), rounds=3),
        Figure("append, one durable event in process, on PostgreSQL", "entries/s",
               ours.append(300, 1, server.ledger_place), (
            Against("plain eventsourcing on PostgreSQL", peers.eventsourcing(300, 1, server.library_place), 0.6),
        ), rounds=3),
        *appending_after(small, large),
    ]  # fmt: skip


def appending_after(small: int, large: int) -> list[Figure]:
    """Into a ledger that has grown, against a young one."""
    return [
        Figure(f"append, batches of 1,000, after {large:,}", "entries/s", ours.append_after(large, 2000, 1000), (
            Against(f"after {small:,}", ours.append_after(small, 2000, 1000), 0.9),
        ), rounds=3),
        Figure(f"append, one durable event, after {large:,}", "entries/s", ours.append_after(large, 300, 1), (
            Against(f"after {small:,}", ours.append_after(small, 300, 1), 0.9),
        ), rounds=3),
    ]  # fmt: skip


def questions(small: int, middle: int, large: int) -> list[Figure]:
    """At any day, as known at any position, from the read model; a body has some 240 facts."""
    return [
        Figure(f"state of one body, ledger of {middle:,}", "ms", ours.state(middle), (
            Against("plain eventsourcing, its stream read and folded", peers.eventsourcing_folds(middle), 1),
            Against("DuckDB over a table of the events", peers.duckdb_as_of(middle), 1),
            Against("git, by the date of recording alone", peers.git_as_of(middle), 1),
        ), less_is_better=True, rounds=3),
        Figure(f"state of one body, ledger of {large:,}", "ms", ours.state(large), (
            Against(f"ledger of {small:,}", ours.state(small), 1.3),
        ), less_is_better=True),
        Figure(f"board of 43 bodies, ledger of {middle:,}", "ms", ours.board(middle), (
            Against("plain eventsourcing, 43 streams folded", peers.eventsourcing_folds(middle, 43), 1),
            Against("DuckDB over a table of the events", peers.duckdb_as_of(middle, 43), 1),
            Against("30 ms", 30.0, 1),
        ), less_is_better=True, rounds=3),
        Figure(f"inclusion proof, ledger of {large:,}", "ms", ours.inclusion_proofs(large), (
            Against("1 ms", 1.0, 1),
            Against(f"pymerkle on SQLite, {middle:,} entries", peers.pymerkle_proofs(middle), 1),
        ), less_is_better=True, rounds=3),
    ]  # fmt: skip


def verifying(small: int, middle: int, large: int) -> list[Figure]:
    """Entries, from their bytes."""
    return [
        Figure(f"verify, hashes and tree alone, {large:,}", "entries/s", ours.hashes_and_tree(large), (
            Against("SHA-256 of the same entries in memory", limits.sha256(large), 0.28),
            Against(f"git fsck, {small:,}", peers.git_fsck(small), 1),
        ), rounds=3),
        Figure(f"verify, bytes, tree and signatures, batches of 1,000, {middle:,}", "entries/s",
               ours.verify_walk(middle), (
            Against("SHA-256 of the same entries in memory", limits.sha256(middle), 0.03),
        ), rounds=3),
        Figure(f"verify, everything, batches of 1,000, {middle:,}", "entries/s", ours.verify(middle), (
            Against("appending the same", ours.append(middle, 1000), 2),
        ), rounds=1),
        Figure("verify, everything, submissions of one event, 3,000", "entries/s", ours.verify(3000, 1), (
            Against("appending the same", ours.append(3000, 1), 2),
        ), rounds=3),
    ]  # fmt: skip


def modelling(small: int, large: int) -> list[Figure]:
    """Made anew, and kept up to date."""
    return [
        Figure(f"force-ledger rebuild, less the start of the process, {large:,}", "entries/s", ours.rebuild(large), (
            Against(f"rebuild, {small:,}", ours.rebuild(small), 0.9),
        ), rounds=1),
        Figure(f"memory of a rebuild, {large:,}", "MiB", ours.memory_of_rebuild(large), (
            Against("300 MiB", 300.0, 1),
            Against(f"rebuild, {small:,}", ours.memory_of_rebuild(small), 1.2),
        ), less_is_better=True, rounds=1),
        Figure("read model brought up to date after one append", "ms", ours.catch_up(small, 100), (
            Against("the append itself", ours.append_one(small, 100), 1.5),
        ), less_is_better=True),
        Figure(f"bytes on disk of an entry, ledger and read model, {small:,}", "bytes", ours.bytes_on_disk(small), (
            Against("the entry itself", ours.bytes_of_entries(small), 3.5),
        ), less_is_better=True, rounds=1),
    ]  # fmt: skip


def whole_processes(small: int, middle: int, large: int) -> list[Figure]:
    """From the start of Python to its end."""
    reading = Against(f"python -c '{limits.READING}'", limits.python(limits.READING), 1.3)
    appending = Against("Python with a model class of each of the same libraries", limits.python(limits.APPENDING), 1.2)
    starting = Against("python -c 'import click'", limits.python("import click"), 1.3)
    return [
        *(
            Figure(f"force-ledger {option}", "ms", ours.command(option), (starting,), less_is_better=True, rounds=15)
            for option in ("--version", "--help")
        ),
        Figure("completion of a command", "ms", ours.completion("st"), (starting,), less_is_better=True, rounds=15),
        *(
            Figure(f"force-ledger {' '.join(asked)}, ledger of {size:,}", "ms", ours.command(*asked, size=size),
                   (reading,), less_is_better=True, rounds=15)
            for size in (small, middle, large)
            for asked in (("state", "body-0"), ("board",), ("timeline", "body-0"), ("why", "body-0"), ("due", "body-0"))
        ),
        Figure("force-ledger append FILE, one event", "ms", ours.append_command(small), (
            appending, Against("150 ms", 150.0, 1),
        ), less_is_better=True, rounds=15),
        Figure("force-ledger state BODY, the read model one entry behind", "ms",
               ours.append_command(small, "state", "body-0"), (appending,), less_is_better=True, rounds=15),
    ]  # fmt: skip


def the_record() -> list[Figure]:
    """What comes with the program, from the start of Python to its end."""
    return [
        Figure("force-ledger demo: some 2,700 events in, the story told, the board shown", "ms", ours.demo(), (
            Against("3 s", 3000.0, 1),
        ), less_is_better=True, rounds=5),
        *(
            Figure(f"force-ledger {' '.join(asked)}", "ms", ours.of_the_record(*asked), less_is_better=True, rounds=5)
            for asked in (("verify",), ("rebuild",), ("board", "--as-of", "2024-01-01"), ("due",), ("state", "WMP"))
        ),
        Figure("force-ledger site, from nothing", "ms", ours.site_anew(), (
            Against("20 s", 20_000.0, 1),
        ), less_is_better=True, rounds=1),
        Figure("force-ledger site, after one append", "ms", ours.site_after_one(), (
            Against("2 s", 2000.0, 1),
        ), less_is_better=True, rounds=5),
        Figure("memory of force-ledger site, from nothing", "MiB", ours.site_memory(), (
            Against("300 MiB", 300.0, 1),
        ), less_is_better=True, rounds=1),
        Figure("size of the site", "MiB", ours.site_size(), less_is_better=True, rounds=1),
    ]  # fmt: skip


def at_two_sizes(small: int, large: int) -> dict[str, list[Figure]]:
    """How append, log and verify bear a size that nobody has."""
    return {
        "Grown": [
            Figure(f"append to {large:,}, the making of the events counted", "entries/s", ours.grow(large), rounds=1),
            *appending_after(small, large),
            Figure(f"inclusion proof, ledger of {large:,}", "ms", ours.inclusion_proofs(large), (
                Against("1 ms", 1.0, 1),
            ), less_is_better=True, rounds=3),
            Figure(f"verify, hashes and tree alone, {large:,}", "entries/s", ours.hashes_and_tree(large), (
                Against(f"the same of {small:,}", ours.hashes_and_tree(small), 0.9),
            ), rounds=1),
        ]
    }  # fmt: skip


def machine() -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    of = (platform.machine(), f"{os.cpu_count()} cores", f"{memory:.0f} GiB", platform.system())
    return ", ".join((*of, f"Python {platform.python_version()}"))


def table(command: str, measures: dict[str, list[Figure]]) -> str:
    """Measure everything; the page of it."""
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    lines = [
        "# Measured side by side", "",
        f"Written by `{command}` at {said.strip()}; never edited by hand. {machine()}. Medians; the last column is "
        "half the distance between the quarters. A ratio is ours to theirs. What is missed is explained in "
        "[docs/performance.md](../docs/performance.md).",
    ]  # fmt: skip
    for heading, listed in measures.items():
        lines += ["", f"## {heading}", "", *HEAD]
        for figure in listed:
            begun = time.monotonic()
            print(f"{figure.work} …", file=sys.stderr)
            rows = measured(figure)
            lines += rows
            print(*rows, f"  {time.monotonic() - begun:.0f} s", sep="\n", file=sys.stderr)
    return "\n".join(lines) + "\n"


def main(command: str, size: int | None) -> None:
    """`bench`, or `bench-large`; at a size that is smaller, to try it, what comes of it is shown and not kept."""
    if command == "bench-large":
        large, to = size or 10_000_000, RESULTS.with_stem("results-large")
        measures = at_two_sizes(min(SMALL, large), large)
    else:
        large, to = size or LARGE, RESULTS
        measures = figures(min(SMALL, large), min(MIDDLE, large), large)
    page = table(f"make {command}", measures)
    if size is None:
        to.write_text(page, "utf-8")
    print(page)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
