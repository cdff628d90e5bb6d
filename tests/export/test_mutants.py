"""Model files that were damaged or made to harm load or fail cleanly, in little memory.

300 of them here; ``CHAINRULE_MUTANTS=10000`` tries so many.
"""

import json
import os
import subprocess
import sys

import pytest

COUNT = int(os.environ.get("CHAINRULE_MUTANTS", "300"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit of memory")
def test_mutants_load_or_fail_cleanly():
    command = [sys.executable, "-m", "tests.export.mutants", "--count", str(COUNT)]
    settings = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)
    print(json.dumps(report, indent=2))
    assert sum(report["outcomes"].values()) == COUNT
    assert report["grown_kb"] < 2**18
    for kind in ("flipped", "torn", "wrong_length"):
        assert set(report["outcomes"]) & {f"{kind}: refused"}
        assert not any(name.startswith(f"{kind}: loaded") for name in report["outcomes"])
