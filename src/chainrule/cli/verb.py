"""verb: what all verbs have in common: --json, --quiet, --verbose, errors without a traceback."""

from __future__ import annotations

import contextlib
import functools
import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from . import errors, options, terminal

_SHARED = {
    "as_json": typer.Option(
        "--json",
        help="One JSON document on stdout; all else on stderr.",
        metavar="",
    ),
    "quiet": typer.Option("--quiet", "-q", help="No progress, no remarks.", metavar=""),
    "verbose": typer.Option("--verbose", help="Show the traceback of an error.", metavar=""),
}


def verb(
    function: Callable[..., Any], panels: Mapping[str, Iterable[options.Row]] | None = None
) -> Callable[..., None]:
    """A function as a verb; the dict that it returns is the JSON document.

    ``panels`` are shared options, which the function has as ``**given``.

    ``"ok": False`` in the document ends the command with exit code 1. Errors are told on stderr
    and end it with the code that ``errors.describe`` finds; with ``--json`` the document is
    ``{"error": {"kind", "message", "exit_code"}}``.
    """
    signature = inspect.signature(function, eval_str=True)
    named = [each for each in signature.parameters.values() if each.kind != each.VAR_KEYWORD]
    own = [each.replace(kind=each.KEYWORD_ONLY) for each in named]
    shared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False,
            annotation=Annotated[bool, option],
        )
        for name, option in _SHARED.items()
    ]

    @functools.wraps(function)
    def run(as_json: bool, quiet: bool, verbose: bool, **named: Any) -> None:
        with terminal.speaking(terminal.Mode(as_json, quiet, verbose)):
            try:
                with _plain_warnings():
                    document = function(**named)
            except typer.Exit:
                raise
            except (Exception, KeyboardInterrupt) as error:
                raise typer.Exit(_tell(error)) from None
            if as_json:
                terminal.write_document(document)
        if isinstance(document, dict) and document.get("ok") is False:
            raise typer.Exit(errors.FAILED)

    del run.__wrapped__  # else its signature is taken for this one's
    listed = [*own[:1], *options.parameters(panels or {}), *own[1:], *shared]
    run.__signature__ = signature.replace(parameters=listed)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in listed}
    run.__doc__ = _reflowed(function.__doc__ or "")
    return run


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Inside, a warning is a line on stderr, without the place in the code."""

    def show(message: Warning | str, *place: Any, **more: Any) -> None:
        from rich.text import Text

        console = terminal.remarks()
        text = Text.assemble(("Warning", "yellow"), " ", str(message))
        console.print(text, soft_wrap=not console.is_terminal)

    with warnings.catch_warnings():
        if not terminal.mode().verbose:
            warnings.showwarning = show
        yield


def _reflowed(text: str) -> str:
    """Paragraphs without line breaks of their own: they are broken where the terminal ends."""
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))


def _tell(error: BaseException) -> int:
    """Print the error; its exit code."""
    from rich.text import Text

    if isinstance(error, BrokenPipeError):
        raise error
    kind, message, code = errors.describe(error)
    console = terminal.complaints()
    if terminal.mode().verbose:
        console.print_exception(show_locals=False)
    is_stopped = code == errors.INTERRUPTED
    style, label = ("yellow", "Stopped") if is_stopped else ("bold red", "Error")
    text = Text.assemble((label, style), " ", message)
    console.print(text, soft_wrap=not console.is_terminal)
    if terminal.mode().json:
        terminal.write_document(_error(kind, message, code))
    return code


def _error(kind: str, message: str, code: int) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message, "exit_code": code}}


class Verbs(TyperGroup):
    """All verbs: where an option is misspelt, too, ``--json`` gets its document."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb that the arguments name."""
        before = getattr(ctx, "_protected_args", None) or getattr(ctx, "protected_args", [])
        arguments = [*before, *ctx.args]
        try:
            return super().invoke(ctx)
        except Exception as error:
            if "--json" in arguments and getattr(error, "exit_code", 0) == errors.USAGE:
                told = getattr(error, "format_message", None)
                if told is not None:
                    terminal.write_document(_error("UsageError", told(), errors.USAGE))
            raise
