"""Modules as JSON and arrays: layers of ours by name, others by a class that the reader gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..engine.tensor import Parameter, Tensor
from ..nn.containers import Lambda
from ..nn.module import Module
from .any_batch import BatchModule, SizedGraph, check_batch_module
from .errors import ModelFileError
from .graph_json import graph_from_dict, graph_to_dict
from .graph_module import GraphModule
from .layers import CONTAINERS, FUNCTION_NAMES, FUNCTIONS, LAYERS, Layer, fits

_TABLES = ("_parameters", "_buffers", "_modules", "training")
_KEYS = {"class", "training", "settings", "parameters", "buffers", "parts"}

# -- to JSON -----------------------------------------------------------------------------------


def module_to_dict(module: Module) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A Module as a dict that JSON can hold, and its arrays by name.

    Raises ``ModelFileError`` for what neither a layer's settings nor JSON can say: a function or an
    object among the attributes of a Module.

    >>> import chainrule as cr
    >>> description, arrays = module_to_dict(cr.nn.Linear(2, 1))
    >>> description["module"]["settings"], list(arrays)
    ({'in_features': 2, 'out_features': 1}, ['weight', 'bias'])
    """
    writer = _Writer()
    tree = writer.module(module, "")
    return {"module": tree, "frozen": writer.frozen}, writer.arrays


class _Writer:
    """What was met so far; a Module or Parameter met again is a reference to the first one."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.frozen: list[str] = []
        self._modules: dict[int, str] = {}
        self._parameters: dict[int, str] = {}

    def module(self, module: Module, path: str) -> dict[str, Any]:
        """The description of a Module that stands at this dotted path."""
        if id(module) in self._modules:
            return {"same_as": self._modules[id(module)]}
        module._adopt_late()
        start = f"{path}." if path else ""
        parameters = module._parameters.items()
        buffers = module._buffers.items()
        written: dict[str, Any] = {
            "class": type(module).__name__,
            "training": bool(module.training),
            "settings": self._settings(module, path),
            "parameters": {name: self._parameter(start + name, p) for name, p in parameters},
            "buffers": {name: self._put(start + name, value) for name, value in buffers},
            "parts": {name: self.module(p, start + name) for name, p in module._modules.items()},
        }
        self._modules[id(module)] = path
        return {key: value for key, value in written.items() if value != {}}

    def _parameter(self, name: str, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Parameter):
            raise ModelFileError(f"{name} is {value}, which has no value of its own to save")
        if id(value) not in self._parameters:
            self._parameters[id(value)] = self._put(name, value.data)
            if not value.requires_grad:
                self.frozen.append(self._parameters[id(value)])
        return self._parameters[id(value)]

    def _put(self, name: str, value: Any) -> str:
        if isinstance(value, Tensor):
            raise ModelFileError(f"{name} is {value}, which has no value of its own to save")
        while name in self.arrays:
            name += "'"
        self.arrays[name] = np.asarray(value)
        return name

    def _settings(self, module: Module, path: str) -> dict[str, Any]:
        own = {name: value for name, value in vars(module).items() if name not in _TABLES}
        where = f"{type(module).__name__}{f' at {path!r}' if path else ''}"
        layer = LAYERS.get(type(module).__name__)
        if layer is not None and layer.kind is type(module):
            self._refuse(where, own.keys() - layer.settings.keys())
            return {name: kind.write(own[name], None) for name, kind in layer.settings.items()}
        if type(module) is Lambda:
            return {"function": _function_name(where, own.get("function"))}
        if type(module) is GraphModule:
            return self._graph(path, module.names, *graph_to_dict(module.graph))
        if type(module) is BatchModule:
            sized = module.sized
            written = self._graph(path, module.names, sized.description, sized.constants)
            return {**written, "batched": list(sized.batched)}
        return {name: self._value(value, f"{where}: {name}") for name, value in own.items()}

    def _refuse(self, where: str, names: Iterable[str]) -> None:
        for name in sorted(names):
            raise ModelFileError(
                f"{where} has an attribute {name!r}, which this layer does not have by itself and "
                "a model file would lose: delete it, or write a class of your own"
            )

    def _graph(self, path: str, names: Any, graph: Any, constants: Any) -> dict[str, Any]:
        start = f"{path}." if path else ""
        held = {name: self._put(f"{start}graph.{name}", a) for name, a in constants.items()}
        return {"graph": graph, "constants": held, "names": list(names)}

    def _value(self, value: Any, where: str) -> Any:
        """An attribute in JSON; what JSON does not tell apart is tagged."""
        if isinstance(value, np.generic) and value.dtype.kind in "fiub":
            value = value.item()
        if value is None or type(value) in (bool, int, float, str):
            return value
        if type(value) is list:
            return [self._value(item, where) for item in value]
        if type(value) is tuple:
            return {"tuple": [self._value(item, where) for item in value]}
        if type(value) is dict and all(type(key) is str for key in value):
            return {"dict": {key: self._value(item, where) for key, item in value.items()}}
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            return {"array": self._put(where, value)}
        raise ModelFileError(
            f"{where} is a {type(value).__name__}, which a model file cannot hold: give "
            "save(..., example=x), which keeps the graph of the Module instead of its attributes"
        )


def _function_name(where: str, function: Any) -> str:
    if id(function) not in FUNCTION_NAMES:
        name = getattr(function, "__name__", repr(function))
        raise ModelFileError(
            f"{where} holds the function {name}, which is Python code: take a layer of "
            "chainrule.nn or a function of NumPy, or give save(..., example=x), "
            "which keeps the graph"
        )
    return FUNCTION_NAMES[id(function)]


def is_ours(module: Module) -> bool:
    """Whether all parts are of classes that every reader knows, without attributes of their own."""
    try:
        module_to_dict(module)
    except ModelFileError:
        return False
    return all(type(part) in _OURS for part in module.modules())


_GRAPHS = {
    GraphModule: {"graph", "constants", "names"},
    BatchModule: {"graph", "constants", "names", "batched"},
}
_OURS = {Lambda, *_GRAPHS, *CONTAINERS.values(), *[layer.kind for layer in LAYERS.values()]}

# -- from JSON ---------------------------------------------------------------------------------


def module_from_dict(
    description: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    classes: Iterable[type[Module]] = (),
) -> Module:
    """The Module that ``module_to_dict`` wrote; ``ModelFileError`` where anything does not fit.

    No constructor runs and no class is looked up by name anywhere but among our layers and
    ``classes``, the user's own.

    >>> import chainrule as cr
    >>> module_from_dict(*module_to_dict(cr.nn.Sequential(cr.nn.Linear(2, 1), cr.nn.Tanh())))
    Sequential(
      (0): Linear(in_features=2, out_features=1, bias=True)  # 3 parameters
      (1): Tanh()
    )  # 3 parameters
    """
    try:
        reader = _Reader(arrays, description["frozen"], classes)
        module = reader.module(description["module"], "")
        unused = sorted(arrays.keys() - reader.used)
        if unused:
            raise ValueError(f"nothing needs the array {unused[0]!r}")
    except ModelFileError:
        raise
    except Exception as error:
        what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ModelFileError(f"the architecture is damaged: {what}"[:500]) from None
    return module


class _Reader:
    def __init__(
        self, arrays: Mapping[str, np.ndarray], frozen: Any, classes: Iterable[type[Module]]
    ) -> None:
        self.arrays = arrays
        self.used: set[str] = set()
        self._frozen = set(frozen)
        self._classes = {kind.__name__: kind for kind in classes}
        self._modules: dict[str, Module] = {}
        self._parameters: dict[str, Parameter] = {}

    def module(self, written: Any, path: str) -> Module:
        """The Module described, whose dotted path is this."""
        if not isinstance(written, dict):
            raise ValueError(f"{path!r} is no object")
        if "same_as" in written:
            return self._modules[written["same_as"]]
        if not {"class", "training"} <= written.keys() <= _KEYS:
            raise ValueError(f"{path!r} has the keys {sorted(written)}")
        kind, layer = self._class(written["class"])
        parts = {key: written.get(key, {}) for key in ("parameters", "buffers", "parts")}
        if not all(isinstance(part, dict) for part in parts.values()):
            raise ValueError(f"{path!r} has no tables")
        settings = self._settings(kind, layer, written.get("settings", {}))
        if layer is not None:
            self._check_layer(layer, settings, parts, path)
        if kind in _GRAPHS:
            module = self._graph_module(settings, parts)
        else:
            module = self._made(kind, settings, parts, path)
        module.__dict__["training"] = bool(written["training"])
        self._modules[path] = module
        return module

    def _class(self, name: Any) -> tuple[type[Module], Layer | None]:
        if not isinstance(name, str):
            raise ValueError("a class is no text")
        if name in self._classes:
            return self._classes[name], None
        for kind in _OURS:
            if kind.__name__ == name:
                return kind, LAYERS.get(name)
        raise ModelFileError(
            f"the model has a Module of the class {name[:60]!r}, which is none of chainrule.nn: "
            "import it where it is defined, and load(path, classes=[...]) with it; or save it with "
            "example=x, which keeps its graph"
        )

    def _settings(self, kind: type[Module], layer: Layer | None, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise ValueError("settings are no table")
        if layer is not None:
            _expect(kind, given, layer.settings.keys())
            return {name: rule.read(given[name], ()) for name, rule in layer.settings.items()}
        if kind is Lambda:
            _expect(kind, given, {"function"})
            return {"function": FUNCTIONS[given["function"]]}
        if kind in _GRAPHS:
            _expect(kind, given, _GRAPHS[kind])
            return given
        for name in given:
            present = getattr(kind, name, None)
            taken = callable(present) or isinstance(present, property)
            if taken or name in _TABLES or name.startswith("__"):
                raise ValueError(f"{kind.__name__} has a {name!r} that is no attribute to set")
        return {name: self._value(value) for name, value in given.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((tag, inner),) = value.items()
        if tag == "tuple":
            return tuple([self._value(item) for item in inner])
        if tag == "dict":
            return {key: self._value(item) for key, item in inner.items()}
        if tag == "array":
            return self._take(inner)
        raise ValueError(f"{tag[:40]!r} is no kind of value")

    def _take(self, name: Any) -> np.ndarray:
        if not isinstance(name, str) or name not in self.arrays:
            raise ValueError(f"there is no array {str(name)[:60]!r}")
        self.used.add(name)
        return self.arrays[name]

    def _parameter(self, name: str) -> Parameter:
        if name not in self._parameters:
            array = self._take(name)
            free = name not in self._frozen
            if free and array.dtype.kind != "f":
                raise ValueError(
                    f"the parameter {name!r} is {array.dtype}, no floating-point array"
                )
            self._parameters[name] = Parameter(array, requires_grad=free)
        return self._parameters[name]

    def _check_layer(self, layer: Layer, settings: Any, parts: Any, path: str) -> None:
        """The layer has the arrays that it needs, no others, and in the shapes it needs."""
        if parts["parts"]:
            raise ValueError(f"{path!r}: {layer.kind.__name__} has no parts")
        for key in ("parameters", "buffers"):
            held, spelt = dict(parts[key]), getattr(layer, key)
            for name, lengths in spelt.items():
                array_name = held.pop(name.rstrip("?"), None)
                if array_name is None and name.endswith("?"):
                    continue
                shape = self._take(array_name).shape
                if not fits(shape, lengths, settings):
                    raise ValueError(f"{array_name!r} has shape {shape}, which is not {lengths}")
            if held:
                raise ValueError(f"{path!r}: {layer.kind.__name__} has no {sorted(held)}")

    def _made(self, kind: Any, settings: Any, parts: Any, path: str) -> Module:
        module = kind.__new__(kind)
        own = module.__dict__
        own.update(settings)
        start = f"{path}." if path else ""
        for name, held in parts["parameters"].items():
            own["_parameters"][name] = None if held is None else self._parameter(held)
        for name, held in parts["buffers"].items():
            own["_buffers"][name] = np.array(self._take(held))
        for name, written in parts["parts"].items():
            own["_modules"][name] = self.module(written, start + name)
        if kind in CONTAINERS.values():
            _check_container(module)
        return module

    def _graph_module(self, settings: Any, parts: Any) -> Module:
        constants = {key: self._take(name) for key, name in settings["constants"].items()}
        held = {**parts["parameters"], **parts["buffers"]}
        if sorted(settings["names"]) != sorted(held):
            raise ValueError("the names of a graph's parameters are not those of its arrays")
        arrays = {name: self._take(held[name]) for name in settings["names"]}
        module: Module
        if "batched" in settings:
            module = BatchModule(
                SizedGraph(settings["graph"], constants, settings["batched"]), arrays
            )
            check_batch_module(module)
        else:
            module = GraphModule(graph_from_dict(settings["graph"], constants), arrays)
        for name, key in parts["parameters"].items():
            module._parameters[name] = self._parameter(key)
        return module


def _expect(kind: type, given: Mapping[str, Any], wanted: Any) -> None:
    if given.keys() != set(wanted):
        raise ValueError(f"{kind.__name__} needs {sorted(wanted)}, and has {sorted(given)}")


def _check_container(module: Module) -> None:
    """Lists are numbered from 0, a ModuleDict's names are its own."""
    held = [*module._parameters, *module._modules]
    names = vars(module).get("_names")
    wanted = names if isinstance(names, tuple) else [str(i) for i in range(len(held))]
    if sorted(held) != sorted(wanted):
        raise ValueError(f"{type(module).__name__} has the parts {held}")
