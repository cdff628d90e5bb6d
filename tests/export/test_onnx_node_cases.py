"""ONNX's own test cases of single operators: each passes, or stands below with the reason."""

import fnmatch
import warnings

import numpy as np
import onnx
import pytest

import chainrule as cr
from chainrule.export import from_onnx

WANTED = 1665  # of 1,884 in onnx 1.23

# Names of cases -> why they are left out. Each row must still be needed: none of its cases passes.
NUMBER_FORMATS = "bfloat16, float8, 4- and 2-bit numbers: the engine computes in NumPy's own dtypes"
STRINGS = "strings"
IMAGES = "reading and warping images"
SIGNALS = "Fourier transforms: there are no complex numbers here"
TREES = "models that are no networks"
OTHER = "not among the core operators"

EXCLUDED = {
    "*_bf16*": NUMBER_FORMATS,
    "*bfloat16*": NUMBER_FORMATS,
    "test_cast*_to_BFLOAT16*": NUMBER_FORMATS,
    "test_cast*_to_FLOAT[48]E*": NUMBER_FORMATS,
    "test_cast*_to_INT[24]*": NUMBER_FORMATS,
    "test_cast*_to_UINT[24]*": NUMBER_FORMATS,
    "test_quantizelinear_e[45]m*": NUMBER_FORMATS,
    "test_quantizelinear_float4e2m1": NUMBER_FORMATS,
    "test_quantizelinear_int[24]": NUMBER_FORMATS,
    "test_quantizelinear_uint[24]": NUMBER_FORMATS,
    "test_regex_*": STRINGS,
    "test_string_*": STRINGS,
    "test_strnormalizer_*": STRINGS,
    "test_tfidfvectorizer_*": STRINGS,
    "test_basic_deform_conv_*": IMAGES,
    "test_col2im*": IMAGES,
    "test_deform_conv_*": IMAGES,
    "test_gridsample*": IMAGES,
    "test_image_decoder_*": IMAGES,
    "test_nonmaxsuppression_*": IMAGES,
    "test_roialign_*": IMAGES,
    "test_dft*": SIGNALS,
    "test_melweightmatrix": SIGNALS,
    "test_stft*": SIGNALS,
    "test_ai_onnx_ml_array_feature_extractor": TREES,
    "test_ai_onnx_ml_binarizer": TREES,
    "test_ai_onnx_ml_tree_*": TREES,
    "test_adagrad*": "the update of an optimizer: chainrule.optim has them",
    "test_adam*": "the update of an optimizer: chainrule.optim has them",
    "test_momentum*": "the update of an optimizer: chainrule.optim has them",
    "test_nesterov_momentum": "the update of an optimizer: chainrule.optim has them",
    "test_bernoulli*": "random numbers",
    "test_training_dropout*_default*": "random numbers",
    "test_training_dropout": "random numbers",
    "test_training_dropout_mask": "random numbers",
    "test_det_*": OTHER,
    "test_scan_sum": "Scan of version 8, which had an axis more",
}


@pytest.fixture(scope="module")
def cases():
    """All cases of the installed onnx, by name; their data are computed on import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_model_tests

        return {case.name: case for case in load_model_tests(kind="node")}


@pytest.fixture(scope="module")
def outcomes(cases):
    """For each case, "" where it passes, else what went wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of ml_dtypes, about casts of NaN
        return {name: outcome(case) for name, case in cases.items()}


def outcome(case):
    try:
        model = from_onnx(case.model)
        for inputs, outputs in case.data_sets:
            check(model(*map(value_of, inputs)), outputs, case)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def check(results, outputs, case):
    results = results if isinstance(results, tuple) else (results,)
    assert len(results) == len(outputs)
    for result, wanted in zip(results, map(value_of, outputs), strict=True):
        compare(result, wanted, case)


def compare(result, wanted, case):
    """As ONNX's own runner does: dtype, shape, and the case's tolerance."""
    if isinstance(wanted, list):
        assert len(result) == len(wanted)
        for one, other in zip(result, wanted, strict=True):
            compare(one, other, case)
    elif wanted is None:
        assert result is None
    else:
        found = np.asarray(result.numpy() if hasattr(result, "numpy") else result)
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(found, wanted, rtol=case.rtol, atol=case.atol)


def value_of(value):
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return value


def is_excluded(name):
    return any(fnmatch.fnmatch(name, pattern) for pattern in EXCLUDED)


def test_every_case_that_is_not_excluded_passes(outcomes):
    failed = {n: text for n, text in outcomes.items() if text and not is_excluded(n)}
    assert not failed, "\n".join(f"{name}: {text[:200]}" for name, text in failed.items())


def test_as_many_as_promised_pass(outcomes):
    assert sum(not text for text in outcomes.values()) >= WANTED


def test_each_exclusion_is_needed(outcomes):
    for pattern in EXCLUDED:
        mine = [name for name in outcomes if fnmatch.fnmatch(name, pattern)]
        assert any(outcomes[name] for name in mine), f"{pattern}: all of its cases pass, or none is"


# Floats that decide a shape, or what NumPy alone can do; a sequence is no output of a graph.
NEEDS_VALUES = {"Compress", "OneHot", "Range", "Resize", "SplitToSequence", "Unique", "Upsample"}


def test_each_operator_traces(cases, outcomes):
    """Of each operator one case as a graph of its float inputs, which computes the same."""
    first = {}
    for name, case in cases.items():
        kinds = {node.op_type for node in case.model.graph.node}
        if not outcomes[name] and len(kinds) == 1 and not kinds & NEEDS_VALUES:
            first.setdefault(kinds.pop(), case)
    traced = [kind for kind, case in first.items() if trace_case(case)]
    assert len(traced) > 110, sorted(traced)


def trace_case(case):
    inputs, outputs = case.data_sets[0]
    values = [value_of(x) for x in inputs]
    kinds = (np.float32, np.float64)
    floats = [i for i, x in enumerate(values) if getattr(x, "dtype", None) in kinds]
    if not floats:
        return False
    model = from_onnx(case.model)

    def of_floats(*arrays):
        given = dict(zip(floats, arrays, strict=True))
        return model(*[given.get(i, x) for i, x in enumerate(values)])

    examples = [values[i] for i in floats]
    graph = cr.trace(of_floats, *examples)
    check(tuple(graph(*examples)), outputs, case)
    return True
