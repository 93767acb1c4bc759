"""The command line, `force-ledger`. Start at `group`, which lists the commands.

Data goes to stdout, everything else to stderr. Exit codes are those of ledger.errors; 2 for usage, 130 if interrupted.
This module and `group` import nothing heavier than click, so that `--help` and `--version` are quick.
"""

import gc
import os
import sys
from itertools import filterfalse

from ledger.errors import LedgerError, Problem


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # we use none, and the search for plugins takes time
    gc.set_threshold(100_000, 20)  # modules are never freed: fewer collections while they load
    code = run(sys.argv[1:] if args is None else args)
    gc.freeze()  # the collection at exit would take a tenth of a short run
    sys.exit(code)


def run(args: list[str]) -> int:
    """Run the command line and return its exit code. Only this function turns errors into messages."""
    import click

    from ledger.cli.group import cli

    as_json = "--json" in args
    if unreadable := next(filterfalse(_is_text, args), None):
        message = f"the argument {unreadable!a} is not text in this terminal's encoding; type it again"
        _print_error("usage", 2, [{"message": message}], message, as_json)
        return 2
    try:
        result = cli.main(args, prog_name="force-ledger", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except LedgerError as error:
        problems = [_problem(problem) for problem in error.problems]
        _print_error(error.code, error.exit_code, problems, str(error), as_json)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        if isinstance(error, click.UsageError) and error.ctx and not as_json:
            click.echo(error.ctx.get_usage(), err=True)
        message = error.format_message()
        _print_error("usage", 2, [{"message": message}], message, as_json)
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted; what was not acknowledged was not written.", err=True)
        return 130
    except BrokenPipeError:  # the reader closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a full disk, a file that may not be read or written
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        _print_error("failure", 1, [{"message": message}], message, as_json)
        return 1


def _is_text(argument: str) -> bool:
    """Whether the terminal's encoding could decode all of an argument."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _problem(problem: Problem) -> dict[str, object]:
    found = {"file": problem.place.file, "line": problem.place.line, "column": problem.place.column}
    found |= {"field": problem.field, "message": problem.message, "hint": problem.hint}
    return {name: value for name, value in found.items() if value not in ("", None)}


def _print_error(code: str, exit_code: int, problems: list[dict[str, object]], words: str, as_json: bool) -> None:
    import click

    if as_json:
        import json

        words = json.dumps({"error": {"code": code, "exit": exit_code, "problems": problems}}, ensure_ascii=False)
    click.echo(words if as_json else f"Error: {words}", err=True)
