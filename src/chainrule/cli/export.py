"""``chainrule export``: a model for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import models, terminal
from .errors import UsageError

if TYPE_CHECKING:
    from ..tabular import TableModel

EXAMPLES = """
[bold]Examples:[/]
  chainrule export runs/molecules-1 --to onnx              model.onnx beside the model
  chainrule export runs/molecules-1 --to python -o score.py
  chainrule export model.chainrule --to torch -o weights.safetensors
"""
ENDINGS = {"onnx": ".onnx", "python": ".py", "torch": ".safetensors"}


def export(
    model: models.ModelPath,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="onnx, python (one file that needs NumPy alone), or torch (weights by PyTorch's "
            "names).",
            metavar="FORMAT",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The file; beside the model if not given.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.", metavar="")] = False,
) -> dict[str, Any]:
    """Write a model for other programs; onnx and python take the raw columns of the table."""
    if to not in ENDINGS:
        raise UsageError(f"--to is one of {', '.join(ENDINGS)}, not {to!r}")
    source = models.model_file(model)
    path = source.with_suffix(ENDINGS[to]) if output is None else output
    if path.is_dir():
        raise UsageError(f"{path} is a folder: give the name of a file in it")
    models.may_write(path, force)
    _WRITERS[to](models.load(model), path)
    terminal.say(f"{path}  {path.stat().st_size:,} bytes")
    return {"format": to, "output": path.resolve(), "bytes": path.stat().st_size}


def _to_onnx(model: TableModel, path: Path) -> None:
    model.to_onnx(path)


def _to_python(model: TableModel, path: Path) -> None:
    model.to_python(path)


def _to_torch(model: TableModel, path: Path) -> None:
    from ..export import save_safetensors, to_torch_state_dict

    save_safetensors(path, to_torch_state_dict(model.learned.network))


_WRITERS = {"onnx": _to_onnx, "python": _to_python, "torch": _to_torch}
