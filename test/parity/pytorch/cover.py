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
