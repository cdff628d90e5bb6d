"""Weights to and from PyTorch: the names, shapes and layouts of its ``state_dict``.

Our layers are called and laid out as PyTorch's: ``0.weight`` is (out, in) here and there. Three
things differ, and are seen to here: a Dropout's random key is state of ours alone; a tied parameter
has one name here, and one for each place there; wrappers of PyTorch's (``DataParallel``,
``torch.compile``) put a prefix before each name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..nn.dropout import Dropout
from ..nn.module import Module
from .tensors import load_safetensors

_WRAPPERS = ("module.", "_orig_mod.")
Renaming = Mapping[str, str] | Callable[[str], str]


class Difference(NamedTuple):
    """Names that only one side has."""

    missing: list[str]  # of the module, not in the state
    unexpected: list[str]  # in the state, not of the module


def to_torch_state_dict(module: Module) -> dict[str, np.ndarray]:
    """Copies of parameters and buffers under the names that PyTorch gives them.

    ``{k: torch.from_numpy(v) for k, v in ...items()}`` is what ``load_state_dict`` of the same
    network in PyTorch takes; ``save_safetensors`` writes it for others.

    >>> from chainrule import nn
    >>> list(to_torch_state_dict(nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5))))
    ['0.weight', '0.bias']
    """
    return {name: np.array(_value(*place)) for name, place in _places(module).items()}


def load_torch_state_dict(
    module: Module,
    state: Mapping[str, Any] | str | Path,
    *,
    rename: Renaming | None = None,
    strict: bool = True,
) -> Difference:
    """Take over the weights of the same network in PyTorch; all or, on an error, none.

    Parameters
    ----------
    state
        A ``state_dict`` (of PyTorch's tensors or of arrays), or the path of a ``.safetensors``
        file, as PyTorch's and Hugging Face's users exchange them. (``.pt`` files are pickles,
        which run code: load them with PyTorch, and give what comes out.)
    rename
        Where names differ: a dict from theirs to ours, or a function of theirs.
    strict
        Whether names that only one side has are an error. They are returned in any case.

    Values are converted to the dtype of the module's own. Raises ``KeyError`` for names and
    ``ValueError`` for shapes that do not agree.

    >>> import numpy as np
    >>> from chainrule import nn
    >>> layer = nn.Linear(2, 1)
    >>> theirs = {"fc.weight": np.ones((1, 2)), "fc.bias": np.zeros(1)}
    >>> load_torch_state_dict(layer, theirs, rename=lambda name: name.removeprefix("fc."))
    Difference(missing=[], unexpected=[])
    >>> layer(np.array([1.0, 2.0])).tolist()
    [3.0]
    """
    given = load_safetensors(state) if isinstance(state, str | Path) else state
    arrays = {_renamed(name, rename): _array(value) for name, value in _unwrapped(given).items()}
    places = _places(module)
    missing = [name for name in places if name not in arrays]
    unexpected = [name for name in arrays if name not in places]
    if strict and (missing or unexpected):
        raise KeyError(_about_names(missing, unexpected, places, arrays))
    shared = [name for name in places if name in arrays]
    _check(module, places, arrays, shared)
    for name in shared:
        part, own = places[name]
        value = arrays[name].astype(_value(part, own).dtype)
        if own in part._parameters:
            part._parameters[own].data = value
        else:
            part._buffers[own] = value
    return Difference(missing, unexpected)


def _places(module: Module) -> dict[str, tuple[Module, str]]:
    """Each name of PyTorch's, with the part that it is in and its name there."""
    found = {}
    for path, part in module._walk(""):
        parameters = [name for name, value in part._parameters.items() if value is not None]
        buffers = [] if isinstance(part, Dropout) else list(part._buffers)
        for name in (*parameters, *buffers):
            found[f"{path}.{name}" if path else name] = (part, name)
    return found


def _value(part: Module, name: str) -> Any:
    parameter = part._parameters.get(name)
    return part._buffers[name] if parameter is None else parameter.data


def _unwrapped(state: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(state)
    for prefix in _WRAPPERS * 2:
        if found and all(name.startswith(prefix) for name in found):
            found = {name.removeprefix(prefix): value for name, value in found.items()}
    return found


def _renamed(name: str, rename: Renaming | None) -> str:
    if rename is None:
        return name
    return rename.get(name, name) if isinstance(rename, Mapping) else rename(name)


def _array(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):  # a tensor of PyTorch's
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    return np.asarray(value)


def _check(module: Module, places: Any, arrays: Any, shared: list[str]) -> None:
    """Shapes agree, and so do the values of what is one parameter here."""
    first: dict[int, str] = {}
    for name in shared:
        part, own = places[name]
        wanted = _value(part, own).shape
        if arrays[name].shape != wanted:
            raise ValueError(f"{name} has shape {wanted} here, and {arrays[name].shape} there")
        parameter = part._parameters.get(own)
        earlier = first.setdefault(id(parameter), name) if parameter is not None else name
        if not np.array_equal(arrays[earlier], arrays[name], equal_nan=True):
            raise ValueError(f"{earlier} and {name} are one parameter here, and differ there")


def _about_names(missing: Any, unexpected: Any, places: Any, arrays: Any) -> str:
    text = f"missing {missing[:8] or 'nothing'}, unexpected {unexpected[:8] or 'nothing'}"
    ours = [_value(*place).shape for place in places.values()]
    if ours == [array.shape for array in arrays.values()]:
        text += "; the shapes agree in this order: rename=dict(zip(theirs, ours))"
    return f"{text}. Give rename=, or strict=False to take over what agrees."
