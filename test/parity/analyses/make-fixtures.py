"""Expected values of the latent analyses (docs/design/study.md section 7) from NumPy, SciPy and scikit-learn, for analyses.test.ts.

    python3 -m venv .venv && .venv/bin/pip install numpy==2.4.6 scipy scikit-learn
    .venv/bin/python test/parity/analyses/make-fixtures.py test/parity/analyses/fixtures.json
"""

import json
import sys
from itertools import combinations

import numpy as np
from scipy.linalg import subspace_angles
from scipy.stats import entropy
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_samples, silhouette_score

THRESHOLD = 0.97


def latents(seed, items, slots, width, spread):
    """Slots with their own means and anisotropic spreads that partly overlap, float32 as the trainer stores them."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(slots, width, width)) * rng.uniform(0.05, 1.5, size=(slots, 1, width))
    shared = rng.normal(size=(width, width))
    noise = rng.normal(size=(items, slots, width))
    z = np.einsum("isk,skd->isd", noise, mix + shared) + spread * rng.normal(size=(1, slots, width))
    return z.astype(np.float32).astype(np.float64)


def pca(rows):
    fitted = PCA(n_components=THRESHOLD, svd_solver="full").fit(rows)
    return fitted.components_.T


def ratios(rows):
    variances = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    return {
        "participation": variances.sum() ** 2 / (variances**2).sum(),
        "effective": float(np.exp(entropy(variances / variances.sum()))),
    }


def expected(z):
    items, slots, width = z.shape
    by_slot = [z[:, slot] for slot in range(slots)]
    bases = [pca(rows) for rows in by_slot]
    centred = [rows - rows.mean(axis=0) for rows in by_slot]
    capture = [[np.linalg.norm(x @ u) ** 2 / np.linalg.norm(x) ** 2 for x in centred] for u in bases]
    off = [capture[i][j] for i in range(slots) for j in range(slots) if i != j]
    flat = z.reshape(items * slots, width)
    labels = np.tile(np.arange(slots), items)
    widths = silhouette_samples(flat, labels)
    unit = z / np.linalg.norm(z, axis=2, keepdims=True)
    pairs = list(combinations(range(slots), 2))
    angles = {pair: sorted(subspace_angles(bases[pair[0]], bases[pair[1]])) for pair in pairs}
    pooled, own = ratios(flat), [ratios(rows) for rows in by_slot]
    return {
        "cross_capture": capture,
        "h_off": np.mean(off),
        "capture_rank": [u.shape[1] for u in bases],
        "silhouette": silhouette_score(flat, labels),
        "silhouette_by_slot": [widths[labels == slot].mean() for slot in range(slots)],
        "participation_ratio": pooled["participation"],
        "effective_rank": pooled["effective"],
        "participation_ratio_by_slot": [one["participation"] for one in own],
        "effective_rank_by_slot": [one["effective"] for one in own],
        "slot_cosine_by_pair": [(unit[:, i] * unit[:, j]).sum(axis=1).mean() for i, j in pairs],
        "principal_angle": [[angles[p][0], float(np.mean(angles[p])), angles[p][-1]] for p in pairs],
    }


def main(path):
    shapes = [(1, 30, 4, 6, 2.0), (2, 7, 3, 12, 0.3), (3, 2, 2, 5, 1.0), (4, 24, 2, 8, 0.0)]
    cases = []
    for shape in shapes:
        z = latents(*shape)
        cases.append({"shape": z.shape, "threshold": THRESHOLD, "values": z.ravel().tolist(), "expected": expected(z)})
    with open(path, "w") as file:
        json.dump(cases, file, separators=(",", ":"), default=float)


main(sys.argv[1])
