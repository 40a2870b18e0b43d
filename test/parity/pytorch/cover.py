"""The list of committed probes: every family, objective and system once, and the other axes dealt out so that each system meets them."""

from draw import KINDS, draw_case
from systems import FROZEN_BASE, KV, PLAIN


def covering_cases(rng):
    pairs = [(kind, system) for kind, systems in KINDS.items() for system in systems]
    for pair, (kind, system) in enumerate(pairs):
        for other, family in enumerate(("gpt2", "qwen3")):
            yield draw_case(rng, family, kind, system, **axes(pair, other, family, kind, system))


def edge_cases(rng):
    """A table of no rows: present, trained, and without effect."""
    for family, kind, system in (
        ("gpt2", "corpus", "h2"), ("qwen3", "corpus", "h1"), ("gpt2", "curriculum", "soft_embeddings"),
        ("qwen3", "curriculum", "h1_h2"), ("qwen3", "generate", "liu"), ("gpt2", "generate", "pause"),
    ):
        yield draw_case(rng, family, kind, system, f"{family}-{kind}-{system}-nolatents", query="marker", latents=0)


def objective_cases(rng):
    """Both objectives, alone and together, for every system that has latents."""
    with_latents = [(kind, system) for kind in ("corpus", "curriculum") for system in KINDS[kind] if system not in PLAIN + ("without_thought",)]
    for pair, (kind, system) in enumerate(with_latents):
        for other, family in enumerate(("gpt2", "qwen3")):
            orthogonality = {"kind": "orthogonality", "weight": rng.choice([0.1, 1.0, 3.0])}
            steps = {"kind": "steps", "weight": rng.choice([0.5, 1.0]), "layers": rng.choice([None, 1])}
            both = kind == "curriculum" and system not in KV
            objectives = [orthogonality, steps] if both and (pair + other) % 2 == 0 else [steps] if both else [orthogonality]
            kinds = "-".join(objective["kind"] for objective in objectives)
            yield draw_case(
                rng, family, kind, system, f"{family}-{kind}-{system}-{kinds}", latents=4, objectives=objectives,
                per_step=rng.choice([1, 2]) if both else None,
            )


def random_objectives(rng, kind, system):
    """What draw_case takes; nothing for two cases of three, and where there are no latents."""
    if kind == "generate" or system in PLAIN + ("without_thought",) or rng.random() < 2 / 3:
        return {}
    has_steps = kind == "curriculum" and system not in KV and rng.random() < 0.7
    objectives = [{"kind": "steps", "weight": rng.choice([0.3, 1.0]), "layers": rng.choice([None, 1])}] if has_steps else []
    if not has_steps or rng.random() < 0.5:
        objectives.insert(0, {"kind": "orthogonality", "weight": rng.choice([0.01, 0.1, 1.0])})
    return {"objectives": objectives, "latents": rng.randint(2, 6), "per_step": rng.choice([1, 2]) if has_steps else None}


def axes(pair, other, family, kind, system):
    """What draw_case takes. Where a system is drawn with both values of an axis, one family has what the other has not."""
    parts, chosen = [family, kind, system], {}
    deal = lambda every: (pair // every + other) % 2 == 0
    if system not in PLAIN:
        chosen["query"] = "marker" if deal(1) else "repeat"
        parts.append(chosen["query"])
    if system in KV:
        chosen["layers"] = "subset" if deal(2) else "all"
        parts.append(chosen["layers"])
    if kind != "generate" and system not in PLAIN + FROZEN_BASE:
        chosen["stopped"] = (pair + pair // 2 + other) % 2 == 0
        parts += ["stopped"] if chosen["stopped"] else []
        if kind == "corpus":
            chosen["prefix_loss"] = 0 if deal(4) else 0.7
            parts += ["prefixloss"] if chosen["prefix_loss"] else []
    if kind == "generate" and deal(1):
        parts.append("eos")
    return {"name": "-".join(parts), **chosen}
