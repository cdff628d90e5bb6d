import numpy as np
import polars as pl
import pytest


@pytest.fixture(scope="session")
def molecules():
    """120 rows of every kind of column, with missing values, and targets of every kind."""
    draw = np.random.default_rng(5)
    rows = 120
    weight = draw.normal(300, 80, rows)
    rings = draw.integers(0, 5, rows)
    family = draw.choice(["acid", "amine", "ether"], rows)
    town = draw.choice([f"town {i}" for i in range(20)], rows)
    score = weight / 80 + (family == "acid") * 2 + 0.3 * draw.normal(size=rows)
    frame = pl.DataFrame(
        {
            "weight": weight,
            "rings": rings,
            "family": family,
            "town": town,
            "chiral": draw.integers(0, 2, rows),
            "soluble": draw.integers(0, 2, rows),
            "toxic": np.where(score > np.median(score), "toxic", "safe"),
            "kind": np.digitize(score, np.quantile(score, [0.3, 0.7])).astype(str),
            "dose": score,
            "fall": -score * 3 + rings,
        }
    )
    return frame.with_columns(
        weight=pl.when(pl.int_range(rows) % 9 == 0).then(None).otherwise("weight")
    )


TARGETS = {
    "binary": "toxic",
    "multiclass": "kind",
    "regression": "dose",
    "several": ["dose", "fall"],
    "multilabel": ["soluble", "chiral"],
}
