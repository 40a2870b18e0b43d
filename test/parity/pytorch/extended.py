"""Cases beyond the probe format: soft_2x, channels with a bottleneck or named layers, heads of their own, and what the optimizer may do.

They are probes in all but this: `format` is latent-sweep-parity/1, `channel` may have `rank` and layers as `top:k`, `bottom:k` or `every:k`,
and `extra` may hold `microbatch`, `learning_rates` by group, `decay` (`matrices`), `schedule`, `reset_before_steps`.
"""

from draw import draw_case

RATES = {"base": 3e-4, "coprocessor": 1e-3, "soft": 2e-3}
LINEAR, COSINE, CONSTANT = ({"name": name, "warmup_steps": 2} for name in ("linear", "cosine", "constant"))


def extended_cases(rng):
    def case(name, family, kind, system, channel=None, tied=True, extra=None, **axes):
        drawn = draw_case(rng, family, kind, system, name, tied=tied, **axes)
        drawn["format"] = "latent-sweep-parity/1"
        drawn["channel"] = None if drawn["channel"] is None else {**drawn["channel"], **(channel or {})}
        drawn["extra"] = extra or {}
        return drawn

    for family in ("gpt2", "qwen3"):
        for kind in ("corpus", "curriculum", "generate"):
            yield case(f"{family}-{kind}-soft_2x", family, kind, "soft_2x")
            yield case(f"{family}-{kind}-h2-rank", family, kind, "h2", {"rank": 3})
            yield case(f"{family}-{kind}-h1-rank", family, kind, "h1", {"rank": 2})
            yield case(f"{family}-{kind}-h2-untied", family, kind, "h2", tied=False)
        yield case(f"{family}-corpus-liu-rank", family, "corpus", "liu", {"rank": 2})
        yield case(f"{family}-corpus-h1_h2-rank-top", family, "corpus", "h1_h2", {"rank": 4, "layers": "top:1"})
        yield case(f"{family}-corpus-h1-bottom", family, "corpus", "h1", {"layers": "bottom:1"})
        yield case(f"{family}-curriculum-h1_h2-every", family, "curriculum", "h1_h2", {"layers": "every:2"})
        yield case(f"{family}-corpus-continued_pretraining-untied", family, "corpus", "continued_pretraining", tied=False)
        yield case(f"{family}-corpus-h1_h2-repeat-untied", family, "corpus", "h1_h2", tied=False, query="repeat", prefix_loss=0.7)
        yield case(f"{family}-curriculum-coconut-repeat-untied", family, "curriculum", "coconut", tied=False, query="repeat")
        yield case(f"{family}-generate-coconut-untied", family, "generate", "coconut", tied=False)
        # accumulation: parts of unlike sizes, sites, lengths; the prefix loss is shared among them too
        yield case(f"{family}-corpus-h2-microbatch-prefixloss", family, "corpus", "h2", extra={"microbatch": 1}, prefix_loss=0.7)
        yield case(f"{family}-corpus-continued_pretraining-microbatch", family, "corpus", "continued_pretraining", extra={"microbatch": 2})
        yield case(f"{family}-curriculum-h1-microbatch", family, "curriculum", "h1", extra={"microbatch": 1})
        yield case(f"{family}-curriculum-coconut-microbatch", family, "curriculum", "coconut", extra={"microbatch": 2})
        # the optimizer
        yield case(
            f"{family}-corpus-h2-linear", family, "corpus", "h2", {"rank": 2},
            extra={"learning_rates": RATES, "schedule": LINEAR, "decay": "matrices"},
        )
        yield case(
            f"{family}-curriculum-h1_h2-cosine", family, "curriculum", "h1_h2", tied=False,
            extra={"learning_rates": RATES, "schedule": COSINE, "decay": "matrices", "microbatch": 1},
        )
        yield case(
            f"{family}-curriculum-soft_embeddings-reset", family, "curriculum", "soft_embeddings",
            extra={"learning_rates": RATES, "schedule": CONSTANT, "reset_before_steps": [3, 4]},
        )
        yield case(
            f"{family}-corpus-liu-cosine-reset", family, "corpus", "liu",
            extra={"schedule": COSINE, "reset_before_steps": [4], "decay": "matrices"},
        )
