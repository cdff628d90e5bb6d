"""QSAR biodegradation: 1,055 molecules, 41 descriptors, ready biodegradable or not."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from .dataset import Dataset
from .download import CannotDownload, download_first, keep
from .errors import DataError

FILE = "biodeg.csv"
SHA256 = "b4e41dcb6a1d5358a5060a71e31593a61c5d348669a523822a071e90c3097e6b"
SOURCES = (
    "https://archive.ics.uci.edu/static/public/254/qsar+biodegradation.zip",
    "https://archive.ics.uci.edu/ml/machine-learning-databases/00254/biodeg.csv",
)
CITATION = (
    "QSAR biodegradation, UCI Machine Learning Repository 254, CC BY 4.0; K. Mansouri, "
    "T. Ringsted, D. Ballabio, R. Todeschini, V. Consonni, J. Chem. Inf. Model. 53 (2013) 867-878"
)
_NAMES = (
    "SpMax_L J_Dz(e) nHM F01[N-N] F04[C-N] NssssC nCb- C% nCp nO F03[C-N] SdssC HyWi_B(m) LOC "
    "SM6_L F03[C-O] Me Mi nN-N nArNO2 nCRX3 SpPosA_B(p) nCIR B01[C-Br] B03[C-Cl] N-073 SpMax_A "
    "Psi_i_1d B04[C-Br] SdO TI2_L nCrt C-026 F02[C-N] nHDon SpMax_B(m) Psi_i_A nN SM6_B(m) "
    "nArCOOR nX"
)
FEATURES = tuple(_NAMES.split())


class _NotTheFile(ValueError):
    """Bytes that are not the published file."""


def load_biodeg(download: bool = True) -> Dataset:
    """The biodegradation data: 1,055 molecules, 41 descriptors; class 1 is "ready biodegradable".

    Looked for in the folder that the environment variable ``CHAINRULE_DATA`` names, then in the
    cache (``$XDG_CACHE_HOME/chainrule``, by default ``~/.cache/chainrule``), then, with
    ``download``, at the UCI archive, which takes ten seconds at the most. Wherever it comes from,
    its SHA-256 must be that of the published file (line endings do not count).

    Raises ``DataError``, which names every place tried.

    Source: Mansouri et al., J. Chem. Inf. Model. 53 (2013) 867-878; UCI id 254.

    >>> load_biodeg(download=False)                                    # doctest: +SKIP
    Dataset('QSAR biodegradation': 1,055 rows, 41 features, NRB 699, RB 356)
    """
    tried = []
    for find in (_from_folder, _from_cache, _from_network if download else _not_asked):
        try:
            return parse(find())
        except (OSError, CannotDownload, _NotTheFile) as error:
            tried.append(str(error))
    raise DataError(
        "the biodegradation data cannot be had:\n"
        + "\n".join(f"  - {reason}" for reason in tried)
        + f"\nTo use a copy: put {FILE} from {SOURCES[0]} into a folder, and set CHAINRULE_DATA "
        "to that folder."
    )


def cache_folder() -> Path:
    """Where downloaded data are kept: ``$XDG_CACHE_HOME/chainrule`` or ``~/.cache/chainrule``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "chainrule"


def _from_folder() -> bytes:
    folder = os.environ.get("CHAINRULE_DATA")
    if not folder:
        raise FileNotFoundError("CHAINRULE_DATA names no folder")
    return _read(Path(folder) / FILE, "CHAINRULE_DATA")


def _from_cache() -> bytes:
    return _read(cache_folder() / FILE, "cache")


def _from_network() -> bytes:
    content = download_first(SOURCES, FILE, accept=verify)
    keep(content, cache_folder() / FILE)
    return content


def _not_asked() -> bytes:
    raise CannotDownload("network: not asked, as download=False")


def _read(path: Path, called: str) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"{called}: there is no {path}") from None
    except OSError as error:
        raise OSError(f"{called}: {path} cannot be read ({error.strerror})") from None
    try:
        return verify(content)
    except _NotTheFile as error:
        raise _NotTheFile(f"{called}: {path}: {error}") from None


def verify(content: bytes) -> bytes:
    """The content itself, if it is the published file; else an error with both checksums."""
    text = content.replace(b"\r\n", b"\n").strip()
    found = hashlib.sha256(text).hexdigest()
    if found != SHA256:
        raise _NotTheFile(
            f"not the published file: {len(content):,} bytes, SHA-256 {found[:12]}..., "
            f"expected {SHA256[:12]}..."
        )
    return content


def parse(content: bytes) -> Dataset:
    """The table of a file: semicolons, no header, the class (RB or NRB) in the last column."""
    rows = [line.split(";") for line in content.decode("ascii").split()]
    return Dataset(
        name="QSAR biodegradation",
        x=np.array([row[:-1] for row in rows], dtype=np.float64),
        y=np.array([row[-1] == "RB" for row in rows], dtype=np.float64),
        features=FEATURES,
        classes=("NRB", "RB"),
        source=CITATION,
    )
