"""An estimator in one file of tensors and plain settings; nothing in it is ever run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..export import ModelFileError, load_tensors, save_tensors
from ..tabular.learned import Learned
from .classifier import NeuralClassifier
from .regressor import NeuralRegressor
from .scaling import Scaling

KINDS = {each.__name__: each for each in (NeuralClassifier, NeuralRegressor)}
VERSION = 1


def save(estimator: Any, path: Any) -> None:
    """Write a fitted estimator: its arguments, its scaling and its network."""
    check_is_fitted(estimator)
    header = {
        "content": "estimator",
        "version": VERSION,
        "kind": type(estimator).__name__,
        "arguments": _arguments(estimator),
        "learned": estimator.learned_.to_dict(),
        "scaling": estimator.scaling_.kind,
        "features": _names(estimator),
        "classes": _classes(estimator),
        "importances": _importances(estimator),
    }
    network = estimator.learned_.tensors()
    tensors = {f"network.{name}": value for name, value in network.items()}
    tensors["center"], tensors["scale"] = estimator.scaling_.center, estimator.scaling_.scale
    save_tensors(path, header, tensors)


def load(path: Any) -> Any:
    """The estimator in a file of ``save``, which need not be trusted: it is only read."""
    header, tensors = load_tensors(path)
    if header.get("content") != "estimator":
        raise ModelFileError(f"{path}: holds no estimator, but {header.get('content')!r}")
    if header.get("version") != VERSION:
        raise ModelFileError(
            f"{path}: version {header.get('version')!r}; this program reads {VERSION}"
        )
    try:
        return _estimator(header, tensors)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path}: what is in it does not fit together: {error}") from error


def _estimator(header: dict[str, Any], tensors: dict[str, Any]) -> Any:
    kind = KINDS[header["kind"]]
    arguments = dict(header["arguments"])
    arguments["hidden"] = tuple(arguments["hidden"])
    if isinstance(arguments.get("class_weight"), list):
        arguments["class_weight"] = dict(arguments["class_weight"])
    found = kind(**arguments)
    network = {name[8:]: value for name, value in tensors.items() if name.startswith("network.")}
    found._set(Learned.from_parts(header["learned"], network))
    found.scaling_ = Scaling(header["scaling"], tensors["center"], tensors["scale"])
    found.n_features_in_ = len(tensors["center"])
    if header["features"] is not None:
        found.feature_names_in_ = np.array(header["features"], object)
    if header["classes"] is not None:
        dtype = np.dtype(header["classes"]["dtype"])
        found.classes_ = np.array(header["classes"]["values"], dtype)
        found._is_multilabel = found.learned_.task == "multilabel"
    found._sample = None
    if header["importances"] is not None:
        found._importances = np.array(header["importances"])
    return found


def _arguments(estimator: Any) -> dict[str, Any]:
    """The constructor's arguments as JSON has them."""
    found = estimator.get_params(deep=False)
    plain = estimator.learned_.recipe.to_dict()
    found.update({name: plain[name] for name in ("hidden", "loss")})
    if not isinstance(found["random_state"], int):
        found["random_state"] = None
    if isinstance(found.get("class_weight"), Mapping):
        weights = found["class_weight"].items()
        found["class_weight"] = [[_plain(name), _plain(weight)] for name, weight in weights]
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _names(estimator: Any) -> list[str] | None:
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _classes(estimator: Any) -> dict[str, Any] | None:
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return None
    return {"dtype": classes.dtype.str, "values": classes.tolist()}


def _importances(estimator: Any) -> list[float] | None:
    """Those that have been computed; the rows they come from are in no file."""
    found = estimator.__dict__.get("_importances")
    return None if found is None else found.tolist()
