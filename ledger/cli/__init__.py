"""The command line, `force-ledger`. Start at `group`, which lists the commands.

Data goes to stdout, everything else to stderr. Exit codes are those of ledger.errors; 2 for usage, 130 if interrupted.
This module and `group` import nothing heavier than click, so that `--help` and `--version` are quick.
"""

import gc
import os
import sys
from collections.abc import Sequence
from itertools import filterfalse, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from click import NoSuchOption

try:
    from ledger.errors import LedgerError, Problem, as_ledger_error, in_words, shortened
except ImportError as error:
    remedy = "install force-ledger in an environment of its own, with `uv tool install` or `pipx install`"
    sys.exit(f"Error: {error}: another package has the name of one of ours; {remedy}")

_GLOBAL = ("--ledger", "--today", "--color")
_FLAGS = ("--quiet", "--no-pager")
_TAKE_AN_ENTRY = ("id", "entry", "entries", "what", "--known-at", "--since")


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # we use none, and the search for plugins takes time
    gc.set_threshold(100_000, 20)  # modules are never freed: fewer collections while they load
    code = run(sys.argv[1:] if args is None else args)
    gc.freeze()  # the collection at exit would take a tenth of a short run
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:  # the disk is full, or the reader has closed the pipe: drop the rest, or Python tells it again
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def run(args: list[str]) -> int:
    """Run the command line and return its exit code. Only this function turns errors into messages."""
    from ledger.cli.screen import screens

    with screens():
        try:
            return _run(args)
        except OSError:  # the message could not be written
            return 1


def _run(args: list[str]) -> int:
    import click

    from ledger.cli.group import cli

    as_json, screen = "--json" in args, sys.stdout
    if unreadable := next(filterfalse(_is_text, args), None):
        problem = Problem(f"the argument {unreadable!a} is not text in this terminal's encoding", "type it again")
        return _print_error("usage", 2, [problem], as_json)
    try:
        # With color, click removes no escapes: a Screen shows them.
        result = cli.main(_globals_first(args), prog_name="force-ledger", standalone_mode=False, color=True)
        return result if isinstance(result, int) else 0
    except LedgerError as error:
        return _print_ledger_error(error, as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        if isinstance(error, click.UsageError) and error.ctx and not as_json:
            click.echo(error.ctx.get_usage(), err=True)
        missing = isinstance(error, click.MissingParameter) and error.param and error.param.name
        missing = missing or (isinstance(error, click.BadOptionUsage) and error.option_name)
        hint = "an unquoted #12 is a comment to the shell: write 12, or '#12'" if missing in _TAKE_AN_ENTRY else ""
        if isinstance(error, click.NoSuchOption) and (hint := _as_an_argument(error)):
            error = click.UsageError(error.message.rstrip("."), error.ctx)  # the options that are like it are not meant
        return _print_error("usage", 2, [Problem(" ".join(error.format_message().split()), hint)], as_json)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted; what was not acknowledged was not written.", err=True)
        return 130
    except SystemExit:
        if sys.stdout is not screen:  # click replaces it if the reader has closed the pipe, which is no failure
            return 0
        raise
    except OSError as error:
        return _print_ledger_error(as_ledger_error(error), as_json)
    except ImportError as error:
        why = f"a part of the program cannot be loaded: {error}"
        return _print_error(
            "failure", 1, [Problem(why, "see what `force-ledger doctor` says, or install it again")], as_json
        )
    except MemoryError:
        what = Problem(
            "this needs more memory than there is", "give it in smaller parts; nothing of this part was written"
        )
        return _print_error("failure", 1, [what], as_json)
    except Exception as error:  # a file that is damaged in a way that nothing else finds, or a fault of this program
        if os.environ.get("FORCE_LEDGER_TRACEBACK"):
            raise
        why = f"a file is damaged, or this is a fault of force-ledger ({type(error).__name__}: {error})"
        hint = (
            "see what `force-ledger verify` finds; if the read model is wrong, `force-ledger rebuild`; else report it"
        )
        return _print_error("failure", 1, [Problem(why, hint)], as_json)


def _as_an_argument(error: "NoSuchOption") -> str:
    """How a command takes as an argument what somebody gave as an option; empty if it takes no such argument."""
    context, name = error.ctx, error.option_name.lstrip("-")
    takes = (
        [one.make_metavar(context) for one in context.command.params if one.param_type_name == "argument"]
        if context
        else []
    )
    if f"[{name.upper()}]" in takes or name.upper() in takes:
        return f"write {name.upper()} alone, without the option"
    is_field = any("FIELD=VALUE" in one for one in takes) and not error.possibilities
    return f"a field is given without dashes: {name.replace('-', '_')}=VALUE" if is_field else ""


def _globals_first(args: list[str]) -> list[str]:
    """The arguments with the options of all commands before the command, wherever they were given."""
    first, rest, remaining = list[str](), list[str](), iter(args)
    for arg in remaining:
        if arg == "--":
            rest += [arg, *remaining]
        elif arg in _GLOBAL:
            first += [arg, *islice(remaining, 1)]
        elif arg in _FLAGS or arg.partition("=")[0] in _GLOBAL:
            first.append(arg)
        else:
            rest.append(arg)
    return [*first, *rest]


def _is_text(argument: str) -> bool:
    """Whether the terminal's encoding could decode all of an argument."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _print_ledger_error(error: LedgerError, as_json: bool) -> int:
    return _print_error(error.code, error.exit_code, error.problems, as_json)


def _print_error(code: str, exit_code: int, problems: Sequence[Problem], as_json: bool) -> int:
    import click

    if as_json:
        from ledger.cli.output import print_json

        found = [_problem(problem) for problem in problems]
        document = {"error": {"code": code, "exit": exit_code, "problems": found}}
        print_json(document, None, err=True)
    else:
        click.echo("Error: " + "\n".join(in_words(problems)), err=True)
    return exit_code


def _problem(problem: Problem) -> dict[str, object]:
    found = {"file": problem.place.file, "line": problem.place.line, "column": problem.place.column}
    found["cell"] = problem.place.cell
    texts = {"field": problem.field, "message": problem.message, "hint": problem.hint}
    found |= {name: shortened(text) for name, text in texts.items()}
    return {name: value for name, value in found.items() if value not in ("", None)}
