"""Settings for all tests."""

import os

from hypothesis import settings

# No deadline: the first example of a property pays for imports and for tracing.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
