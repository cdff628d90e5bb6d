"""Operators that ONNX defines by simpler ones, and functions that a file brings along: expanded.

An operator that has no row here is called from a function of the file with ONNX's own definition
as its body; then ONNX's inliner replaces all calls by bodies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...extras import require
from ..errors import ModelFileError
from .operators import find
from .reading import check_text

_DOMAIN = "chainrule.expanded"


def expanded(model: Any) -> Any:
    """The model with none of its functions left, and of ONNX's none that is missing here."""
    versions = opsets(model)
    if not model.functions and not _missing(model.graph, versions):
        return model
    light = _without_large_arrays(model)
    for _ in range(6):  # a body may call another such operator
        _check(light)
        if light.functions:
            light = _inlined(light)
        light = _with_definitions(light)
        if not light.functions:
            break
    kept = {tensor.name for tensor in light.graph.initializer}
    light.graph.initializer.extend(t for t in model.graph.initializer if t.name not in kept)
    return light


def opsets(model: Any) -> dict[str, int]:
    """The version of each domain's operators."""
    return {
        "" if entry.domain == "ai.onnx" else entry.domain: entry.version
        for entry in model.opset_import
    }


def _without_large_arrays(model: Any) -> Any:
    """A copy in which such initializers are inputs: no need to carry them through all of this."""
    onnx = require("onnx", "onnx")
    light = onnx.ModelProto()
    light.CopyFrom(model)
    given = {value.name for value in light.graph.input}
    del light.graph.initializer[:]
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) <= 1024 and tensor.data_location != onnx.TensorProto.EXTERNAL:
            light.graph.initializer.append(tensor)
        elif tensor.name not in given:
            value = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            light.graph.input.append(value)
    return light


def _check(model: Any) -> None:
    """ONNX's own check; its inliner and its inference crash on models that do not pass."""
    checker = require("onnx.checker", "onnx")
    try:
        checker.check_model(model)
    except (checker.ValidationError, RuntimeError, ValueError, TypeError) as error:
        raise ModelFileError(f"the ONNX file is broken: {error}") from None


def _inlined(model: Any) -> Any:
    inliner = require("onnx.inliner", "onnx")
    try:
        return inliner.inline_local_functions(model)
    except RuntimeError as error:
        raise ModelFileError(f"the functions of the ONNX file are broken: {error}") from None


def _with_definitions(model: Any) -> Any:
    """Nodes without a row call a function of the file instead, where ONNX defines them."""
    onnx = require("onnx", "onnx")
    versions = opsets(model)
    if not _missing(model.graph, versions):
        return model
    typed = onnx.ModelProto()
    typed.CopyFrom(_with_types(model))
    for node, types in list(_nodes(typed.graph, {})):
        body = _definition(node, types, versions) if _is_missing(node, versions) else None
        if body is not None:
            body.domain, body.name = _DOMAIN, f"{node.op_type}{len(typed.functions)}"
            node.domain, node.op_type = body.domain, body.name
            typed.functions.append(body)
    if typed.functions and _DOMAIN not in versions:
        typed.opset_import.append(onnx.helper.make_opsetid(_DOMAIN, 1))
    return typed


def _with_types(model: Any) -> Any:
    onnx = require("onnx", "onnx")
    try:
        return onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (onnx.shape_inference.InferenceError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"the types in the ONNX file do not fit: {error}") from None


def _missing(graph: Any, versions: Mapping[str, int]) -> bool:
    return any(_is_missing(node, versions) for node, _ in _nodes(graph, {}))


def _is_missing(node: Any, versions: Mapping[str, int]) -> bool:
    domain = "" if node.domain == "ai.onnx" else node.domain
    return find(domain, node.op_type, versions.get(domain, 0)) is None


def _nodes(graph: Any, around: Mapping[str, bytes]) -> Iterator[tuple[Any, dict[str, bytes]]]:
    """All nodes, of inner graphs too, with the types of the names that they may read."""
    onnx = require("onnx", "onnx")
    known = [*graph.input, *graph.value_info, *graph.output]
    types = {**around, **{value.name: value.type.SerializeToString() for value in known}}
    for tensor in graph.initializer:
        kind = onnx.helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
        types[tensor.name] = kind.SerializeToString()
    for node in graph.node:
        check_text(node.domain, node.op_type)
        yield node, types
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g, types)


def _definition(node: Any, types: Mapping[str, bytes], versions: Mapping[str, int]) -> Any:
    """ONNX's definition of a node's operator as a FunctionProto, or None where there is none."""
    onnx = require("onnx", "onnx")
    version = versions.get(node.domain, 0)
    if version < 1 or not onnx.defs.has(node.op_type, version, node.domain):
        return None
    schema = onnx.defs.get_schema(node.op_type, version, node.domain)
    given = {attribute.name for attribute in node.attribute}
    for name, attribute in schema.attributes.items():
        if name not in given and attribute.default_value.type:
            node.attribute.append(attribute.default_value)
    plain = max((v for v in schema.function_opset_versions if v <= version), default=None)
    typed = [v for v in schema.context_dependent_function_opset_versions if v <= version]
    if plain is not None:
        content = schema.get_function_with_opset_version(plain)
    elif typed:
        inputs = [types.get(name, b"") for name in node.input]
        try:
            content = schema.get_context_dependent_function_with_opset_version(
                max(typed), node.SerializeToString(), inputs
            )
        except (RuntimeError, ValueError) as error:
            raise ModelFileError(f"the ONNX file is broken: {node.op_type}: {error}") from None
    else:
        return None
    body = onnx.FunctionProto()
    body.ParseFromString(content)
    imported = {**opsets(body), **versions}
    del body.opset_import[:]
    body.opset_import.extend(onnx.helper.make_opsetid(*entry) for entry in imported.items())
    return body
