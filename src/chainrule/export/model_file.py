"""Modules in model files: save, load, describe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..nn.module import Module
from .any_batch import as_batch_module
from .architecture import is_ours, module_from_dict, module_to_dict
from .errors import ModelFileError
from .graph_module import as_graph_module
from .tensors import LARGEST, load_tensors, read_header, save_tensors

KIND = "module"


def save(
    module: Module,
    path: str | Path,
    *,
    example: Any = None,
    record: Mapping[str, Any] | None = None,
) -> None:
    """Write a Module to a model file: its architecture, parameters and buffers, never code.

    Parameters
    ----------
    example
        An input (a tuple of several) for a Module of a class of your own: the file then keeps the
        graph of its evaluation mode, which loads anywhere, as a ``BatchModule`` for any number of
        rows (a ``GraphModule`` where that number cannot be told from the others in the graph).
        Without it the file keeps the Module's attributes and parts, and ``load`` needs the class.
        For layers of ``chainrule.nn`` it is not needed, and not used.
    record
        Anything that JSON can hold, to be found again by ``describe``: how it was trained, say.

    Kept are also which parameters are frozen, which are one and the same, and each part's mode.
    Raises ``ModelFileError`` where something cannot be kept, ``OSError`` where the disk is full;
    a file that was there before then stays as it was.

    >>> import chainrule as cr, numpy as np, tempfile
    >>> net = cr.nn.Sequential(cr.nn.Linear(3, 4), cr.nn.Tanh())
    >>> x = np.ones((2, 3), np.float32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(net, f"{folder}/net.model", record={"epochs": 10})
    ...     again = load(f"{folder}/net.model")
    ...     described = describe(f"{folder}/net.model")
    >>> bool((again(x).numpy() == net(x).numpy()).all()), described["record"]
    (True, {'epochs': 10})
    """
    if not isinstance(module, Module):
        raise TypeError(f"save wants a Module, not a {type(module).__name__}")
    try:
        description, arrays = _described(module, example)
    except ModelFileError as error:
        raise ModelFileError(f"{path} is not written: {error}") from None
    header = {"kind": KIND, **description, "record": dict(record or {})}
    save_tensors(path, header, arrays)


def load(
    path: str | Path, *, classes: Iterable[type[Module]] = (), largest: int = LARGEST
) -> Module:
    """The Module in a model file.

    The file need not be trusted: whatever it says, loading it runs none of its content, takes
    memory in proportion to its size, and ends in ``ModelFileError`` where anything is wrong.

    Parameters
    ----------
    classes
        Classes of your own that the model may have parts of. Their constructors are not called:
        their attributes are set to what the file says.
    largest
        Size in bytes of the largest file to read.
    """
    header, arrays = load_tensors(path, largest=largest)
    if header.get("kind") != KIND:
        raise ModelFileError(
            f"{path} holds a {str(header.get('kind'))[:40]}, no module: describe(path) shows more"
        )
    if not {"module", "frozen"} <= header.keys() or not isinstance(header["frozen"], list):
        raise ModelFileError(f"{path} is damaged: it has no module")
    try:
        return module_from_dict(header, arrays, classes)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None
    except RecursionError:
        raise ModelFileError(f"{path} is damaged: its parts are nested too deep") from None


def describe(path: str | Path, *, largest: int = LARGEST) -> dict[str, Any]:
    """What is in a model file, as a dict; its arrays are not loaded, its checksum is verified.

    ``path``, ``kind``, ``record``, ``bytes``, ``numbers`` (how many all arrays have together),
    ``arrays`` (type by name), and ``header``, which is everything else. Raises ``ModelFileError``.
    """
    header, entries = read_header(path, largest=largest)
    arrays = {e.name: f"{e.word.lower()}[{','.join(map(str, e.shape))}]" for e in entries}
    rest = {key: value for key, value in header.items() if key not in ("kind", "record")}
    return {
        "path": str(path),
        "kind": header.get("kind"),
        "record": header.get("record"),
        "bytes": Path(path).stat().st_size,
        "numbers": sum(int(np.prod(entry.shape, dtype=object)) for entry in entries),
        "arrays": arrays,
        "header": rest,
    }


def _described(module: Module, example: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    if example is None or is_ours(module):
        return module_to_dict(module)
    examples = example if isinstance(example, tuple) else (example,)
    modes = [(part, part.training) for part in module.modules()]
    try:
        module.eval()
        try:
            traced: Module = as_batch_module(module, *examples)
        except (ValueError, TypeError, IndexError):  # it is not the same for every batch size
            traced = as_graph_module(module, *examples)
    finally:
        for part, mode in modes:
            part.__dict__["training"] = mode
    for name, parameter in module.named_parameters():
        if name in traced._parameters:
            traced._parameters[name].requires_grad = parameter.requires_grad
    return module_to_dict(traced.eval())
