"""keys: make, authorise, revoke, rotate, recover and list the keys of recorders and of the log."""

from typing import Any
from urllib.parse import quote

import click

from ledger.cli.clocks import answers
from ledger.cli.config import ENCRYPT, SIGN_AS, Config, config_of, new_passphrase
from ledger.cli.layout import Block, Table
from ledger.cli.output import Answer, Group
from ledger.cli.submit import batch_of_options, print_warnings, submit, writing_options
from ledger.cli.trust import keys_of
from ledger.errors import Place
from ledger.intake.raw import RawBatch
from ledger.query.context import QueryContext
from ledger.record.keys import LOG_KEY, WITNESSES, check_recorders_name
from ledger.replay import authority_of
from ledger.store.store import Store
from projections.authority import END_OF_LOG, AuthorisedKey, Recorder

Json = dict[str, Any]


@click.group(cls=Group)
def keys() -> None:
    """Who may record: each recorder makes a key on their own machine, and a keeper authorises it."""


@keys.command()
@click.argument("name")
@ENCRYPT
@click.option("--witness", is_flag=True, help="A witness's key; name it by a web address: w.example.org/n.")
def create(name: str, encrypt: bool, witness: bool) -> None:
    """Make a key for the recorder NAME on this machine. Its public half is printed, for a keeper to authorise.

    With --witness, make a key for `checkpoint cosign`; that needs no ledger here.
    """
    where = config_of()
    if witness:
        click.echo(str(where.ring(WITNESSES).create(quote(name, safe=""), name, new_passphrase(encrypt)).cosigner))
        return
    check_recorders_name(name, "NAME")
    with where.ledger_and_keys() as (_, ring):
        key = ring.create(name, name, new_passphrase(encrypt)).verifier
    click.echo(str(key))
    click.echo(f"A keeper can authorise it:\n\n    force-ledger keys authorise {key} --role clerk\n", err=True)


@keys.command()
@click.argument("vkey")
@click.option("--role", required=True, metavar="ROLE", help="keeper, clerk or reviewer.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind or subject; may be repeated.")
@click.option("--name", metavar="TEXT", help="Who that is: an office or a role, not a private person.")
@writing_options
def authorise(vkey: str, sign_as: str | None, **given: Any) -> None:
    """Authorise the key VKEY, as `keys create` printed it, in a role.

    A keeper records everything; a clerk all but the ledger's own record; a reviewer is a clerk who may also approve.
    """
    (key,) = keys_of([vkey], option="VKEY")
    fields: dict[str, tuple[str, Any]] = {"recorder": ("VKEY", key.id), "key": ("VKEY", vkey)}
    for field, option in (("role", "--role"), ("kinds", "--kind"), ("name", "--name")):
        if value := given.pop(field):
            fields[field] = (option, value)
    submit(config_of(sign_as), batch_of_options("recorder.authorised", fields), **given)


@keys.command()
@click.argument("id")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in your own words.")
@writing_options
def revoke(id: str, reason: str, sign_as: str | None, **given: Any) -> None:
    """Revoke the key ID (clerk+5f2a9c01): it can sign nothing more. What it has signed stays valid."""
    fields = {"recorder": ("ID", id), "reason": ("--reason", reason)}
    submit(config_of(sign_as), batch_of_options("recorder.revoked", fields), **given)


@keys.command()
@click.argument("name", required=False)
@click.option("--log", "of_the_log", is_flag=True, help="Replace the log key; a keeper signs.")
@SIGN_AS
@ENCRYPT
def rotate(name: str | None, of_the_log: bool, sign_as: str | None, encrypt: bool) -> None:
    """Replace the key of NAME, or of the log, by a new one, here and on record.

    The new key has the role and kinds of the old one, which is revoked. It has a passphrase if the old one had.
    """
    from ledger.record import rotate as rotation

    if of_the_log and name is not None:
        raise click.UsageError("Give NAME or --log, not both.")
    where = config_of(sign_as)
    with where.ledger_and_keys() as (ledger, ring):
        _check_before_writing(where, ledger)
        recorder = ring.chosen(name or where.recorder)
        file = LOG_KEY if of_the_log else recorder
        new = new_passphrase(encrypt or ring.is_encrypted(file))
        if of_the_log:
            id = rotation.rotate_log_key(ledger, ring, recorder, new)
        else:
            check_recorders_name(file, "NAME")
            id = rotation.rotate(ledger, ring, file, new)
        where.sign_after(ledger, ring.origin)
    click.echo(f"The key is {id} now. Keep a copy of {ring.folder} in a safe place.")


@keys.command()
@click.argument("name")
@click.option("--reason", required=True, metavar="TEXT", help="Why: how the keepers' keys were lost.")
@ENCRYPT
def recover(name: str, reason: str, encrypt: bool) -> None:
    """Make a key for a new keeper NAME if all keepers' keys are lost. The log key authorises it.

    The record shows that it was a recovery. Revoke the lost keys afterwards.
    """
    from ledger.record import rotate as rotation

    check_recorders_name(name, "NAME")
    where, batch = config_of(), RawBatch()
    reason = batch.text(reason, Place("--reason"))
    print_warnings(batch.notices)
    with where.ledger_and_keys() as (ledger, ring):
        _check_before_writing(where, ledger)
        id = rotation.recover(ledger, ring, name, reason, new_passphrase(encrypt))
        where.sign_after(ledger, ring.origin)
    click.echo(f"Recovered: {id} is a keeper. Revoke the lost keys; `force-ledger keys list` has them.")


def _check_before_writing(where: Config, ledger: Store) -> None:
    with ledger.reading() as reader:
        where.check_before_writing(reader)


@keys.command("list")
@answers
def keys_list(context: QueryContext) -> Answer:
    """List the keys of the log and of recorders. It shows which are on this machine, and what needs four eyes."""
    authority = authority_of(context.reader)
    here = {verifier.id for verifier in config_of().ring(context.reader.origin()).verifiers().values()}
    rows = [_row(key, key.id in here) for key in (*authority.log_keys, *authority.recorders)]
    blocks: list[Block] = [Table((), [_in_words(row) for row in rows])]
    if policy := authority.four_eyes(END_OF_LOG):
        blocks += ["", f"A second recorder approves: {', '.join(policy)}"]
    return Answer(rows, rows, blocks)


def _row(key: AuthorisedKey, here: bool) -> Json:
    recorder = key if isinstance(key, Recorder) else None
    return {
        "key": key.id,
        "role": recorder.role if recorder else LOG_KEY,
        "kinds": list(recorder.kinds) if recorder else [],
        "name": recorder.name if recorder else None,
        "authorised": key.since,
        "recovered": bool(recorder and recorder.recovered),
        "revoked": key.until,
        "here": here,
    }


def _in_words(row: Json) -> tuple[str, str]:
    what = [f"{row['role']} of {', '.join(row['kinds'])}" if row["kinds"] else row["role"]]
    what.append(f"{'recovered' if row['recovered'] else 'authorised'} #{row['authorised']}")
    if row["revoked"] is not None:
        what.append(f"{'replaced' if row['role'] == LOG_KEY else 'revoked'} #{row['revoked']}")
    if row["name"]:
        what.append(row["name"])
    if row["here"]:
        what.append("on this machine")
    return row["key"], "; ".join(what)
