"""Writes probe folders (probe.json, weights.safetensors, expected/) with the float64 answers of this folder's reference.

    python make_probes.py OUT [--seed N] [--random COUNT]

Without --random: OUT/probes, one for every family, objective and system with the other axes dealt out in turn (cover.py), and OUT/extended,
cases beyond the probe format (extended.py). With it: COUNT more in OUT/probes, with everything drawn. The same seed gives the same files on the same versions.
"""

import argparse
import json
import pathlib
import random

import torch
from safetensors.torch import save_file

import against_transformers
import models
from cover import covering_cases, edge_cases, objective_cases, random_objectives
from draw import KINDS, draw_case, draw_weights
from extended import extended_cases
from systems import computed_config, part
from training import generate, train

# below, float32 rounding could choose another token
SMALLEST_LEAD = 1e-3


def random_cases(rng, count):
    for index in range(count):
        family, kind = rng.choice(["gpt2", "qwen3"]), rng.choice(["corpus", "corpus", "curriculum", "curriculum", "generate"])
        system = rng.choice(KINDS[kind])
        yield draw_case(rng, family, kind, system, f"{index:04}-{family}-{kind}-{system}", **random_objectives(rng, kind, system))


def answer(rng, case):
    """Weights and the expected files; redraws weights until greedy choices are clear, and lets some answers stop at an end token."""
    while True:
        weights = draw_weights(rng, case)
        if case["mode"] == "train":
            result, tensors = train(case, weights)
            return weights, result, tensors
        generated, lead = generate(case, weights)
        if lead < SMALLEST_LEAD:
            continue
        if case["eos_token_id"] is None and case["name"].endswith("-eos"):
            longest = max(generated, key=lambda answer: len(set(answer)))
            case["eos_token_id"] = longest[len(longest) // 2]
            generated, _ = generate(case, weights)
        return weights, {"generated": generated}, None


def write(folder, case, weights, result, tensors):
    expected = folder / "expected"
    expected.mkdir(parents=True)
    (folder / "probe.json").write_text(json.dumps(case, separators=(",", ":")) + "\n")
    save(folder / "weights.safetensors", weights)
    (expected / "result.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
    if tensors is not None:
        save(expected / "tensors.safetensors", tensors)


def save(file, tensors):
    save_file({name: tensor.float().contiguous().clone() for name, tensor in tensors.items()}, file)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--random", type=int, metavar="COUNT")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    rng = random.Random(options.seed)
    cases = random_cases(rng, options.random) if options.random else [*covering_cases(rng), *extended_cases(rng), *edge_cases(rng), *objective_cases(rng)]
    for case in cases:
        weights, result, tensors = answer(rng, case)
        config = computed_config(case)
        positions = config.get("n_positions", config.get("max_position_embeddings"))
        ids = [rng.randrange(config["vocab_size"]) for _ in range(min(7, positions - 1))]
        against_transformers.check(config, part(weights, "base"), ids)
        write(options.out / ("extended" if "extra" in case else "probes") / case["name"], case, weights, result, tensors)
        print(case["name"], flush=True)


if __name__ == "__main__":
    main()
