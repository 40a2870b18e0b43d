"""Fixtures of the report's statistics, by SciPy, statsmodels and NumPy.

python make_fixtures.py fixtures.json    (numpy, scipy and statsmodels as in requirements.txt)
"""

import json
import sys

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(20)


def wilson_case(correct, items):
    low, high = proportion_confint(correct, items, alpha=0.05, method="wilson")
    return {"correct": correct, "items": items, "low": float(low), "high": float(high)}


def mcnemar_case(only_a, only_b):
    exact = float(mcnemar([[7, only_a], [only_b, 5]], exact=True).pvalue) if only_a + only_b > 0 else 1.0
    n, fewer = only_a + only_b, min(only_a, only_b)
    if n == 0:
        mid = 1.0
    else:
        # two-sided: outcomes less likely than the one seen count in full, equally likely ones by half
        k = np.arange(n + 1)
        distance = np.abs(2 * k - n)
        seen = abs(n - 2 * fewer)
        p = stats.binom.pmf(k, n, 0.5)
        mid = float(p[distance > seen].sum() + 0.5 * p[distance == seen].sum())
    return {"onlyA": only_a, "onlyB": only_b, "exact": min(1.0, exact), "mid": mid}


def bootstrap_case(seeds, items, resamples, kind):
    rows = rng.integers(0, 2, (seeds, items)).astype(float)
    if kind == "difference":
        rows -= rng.integers(0, 2, (seeds, items))
    drawn_items = rng.integers(0, items, (resamples, items))
    drawn_seeds = rng.integers(0, seeds, (resamples, seeds))
    means = [rows[np.ix_(s, i)].mean() for s, i in zip(drawn_seeds, drawn_items)]
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "rows": rows.tolist(),
        "drawnItems": drawn_items.tolist(),
        "drawnSeeds": drawn_seeds.tolist(),
        "value": float(rows.mean()),
        "low": float(low),
        "high": float(high),
    }


def slope_case(xs):
    ys = rng.normal(size=len(xs)).tolist()
    return {"xs": xs, "ys": ys, "slope": float(stats.linregress(xs, ys).slope)}


def holm_case(ps):
    return {"ps": ps, "corrected": multipletests(ps, method="holm")[1].tolist()}


def quantile_case(size, probability):
    values = np.sort(rng.normal(size=size))
    return {"ascending": values.tolist(), "probability": probability, "value": float(np.quantile(values, probability))}


fixtures = {
    "wilson": [wilson_case(*case) for case in [(0, 1), (1, 1), (0, 8), (8, 8), (3, 8), (50, 100), (415, 1319), (10042, 10042), (1, 100000)]],
    "mcnemar": [
        mcnemar_case(*case)
        for case in [(0, 0), (0, 1), (1, 1), (5, 5), (0, 12), (3, 14), (14, 3), (40, 61), (250, 250), (480, 540), (12000, 12500), (1, 900)]
    ],
    "holm": [holm_case(ps) for ps in [[0.04], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.001], [1.0, 1.0], rng.uniform(size=12).tolist()]],
    "bootstrap": [bootstrap_case(*case) for case in [(1, 6, 40, "accuracy"), (3, 11, 60, "accuracy"), (4, 9, 50, "difference")]],
    "slope": [slope_case(xs) for xs in [[2.0, 3.0], [2.0, 3.0, 3.584962500721156, 4.0], [0.0, 1.0, 3.0, 4.0, 4.5]]],
    "quantile": [quantile_case(*case) for case in [(1, 0.5), (2, 0.025), (41, 0.975), (40, 0.0), (40, 1.0)]],
}
with open(sys.argv[1], "w") as file:
    json.dump(fixtures, file)
    file.write("\n")
