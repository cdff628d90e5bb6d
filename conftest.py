"""Settings for all tests and for the examples in docstrings."""

import os
import tempfile

import pytest

# Machine code of the tests is not kept among the user's; xdist's workers share this folder.
if "CHAINRULE_CACHE_DIR" not in os.environ:
    os.environ["CHAINRULE_CACHE_DIR"] = tempfile.mkdtemp(prefix="chainrule-tests-")

from hypothesis import settings

# No deadline: the first example of a property pays for imports and for tracing.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def default_stream_from_its_start():
    """Layers without a key begin as in a process of their own, whatever ran before."""
    import chainrule

    chainrule.random.seed(0)
