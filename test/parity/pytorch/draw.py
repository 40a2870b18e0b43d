"""Draws cases: shapes, settings, tokens and weights, all from one random.Random. What a case must have is given as axes, the rest is drawn."""

import math

import torch

from systems import EMBEDDING, FROZEN_BASE, KV, PLAIN, tensor_shapes

CORPUS = ("continued_pretraining", "soft_embeddings", "pause", "liu", "h1", "h2", "h1_h2")
CURRICULUM = ("cot", "no_cot", "without_thought", "coconut", "soft_embeddings", "pause", "liu", "h1", "h2", "h1_h2")
KINDS = {"corpus": CORPUS, "curriculum": CURRICULUM, "generate": CURRICULUM + CORPUS[:1]}
STEPS = 5


def model_config(rng, family, layers, tied):
    heads = rng.choice([1, 2, 3, 4])
    common = {"vocab_size": rng.randint(19, 37), "tie_word_embeddings": tied}
    if family == "gpt2":
        width = heads * max(rng.choice([2, 3, 4]), math.ceil(6 / heads))
        return {
            "model_type": "gpt2", **common, "n_positions": 0, "n_embd": width, "n_layer": layers, "n_head": heads,
            "n_inner": rng.choice([None, None, rng.randint(5, 3 * width)]), "activation_function": "gelu_new",
            "layer_norm_epsilon": rng.choice([1e-5, 1e-5, 1e-6]),
        }
    return {
        "model_type": "qwen3", **common, "max_position_embeddings": 0, "hidden_size": rng.randint(6, 12),
        "intermediate_size": rng.randint(6, 20), "num_hidden_layers": layers, "num_attention_heads": heads,
        "num_key_value_heads": rng.choice([g for g in range(1, heads + 1) if heads % g == 0]),
        "head_dim": rng.choice([4, 6, 8]), "rms_norm_eps": rng.choice([1e-6, 1e-6, 1e-5]),
        "rope_theta": rng.choice([10_000, 1_000_000, 500.0]), "hidden_act": "silu",
    }


def channel(rng, system, layers, asked):
    if system in EMBEDDING:
        return {"kind": "embedding"}
    if system not in KV:
        return None
    if asked is None:
        asked = rng.choice(["all", "subset"])
    if asked == "subset":
        asked = sorted(rng.sample(range(layers), rng.randint(1, max(1, layers - 1))))
    return {"kind": "kv", "layers": asked}


def tokens(rng, config, count):
    return [rng.randrange(config["vocab_size"]) for _ in range(count)]


def corpus_batches(rng, config, system, latents, ahead):
    rows, length = rng.randint(2, 3), rng.randint(7, 13)
    count = rng.randint(1, min(3, length - 5))

    def batch():
        drawn = {"tokens": [tokens(rng, config, length) for _ in range(rows)]}
        while system not in PLAIN:
            drawn["sites"] = [sorted(rng.sample(range(length - ahead), count)) for _ in range(rows)]
            if any(sites != drawn["sites"][0] for sites in drawn["sites"]):
                break
        return drawn

    batches = [batch() for _ in range(STEPS)]
    last = max((p for b in batches for sites in b.get("sites", []) for p in sites), default=0)
    return batches, max(length, last + 2 + latents + ahead)


def curriculum_batches(rng, config, system, latents, per_step=None):
    """per_step: latents of each replaced step; None without steps."""
    count = rng.randint(2, 4)

    def item():
        own = 0 if system in PLAIN + ("without_thought",) else rng.randint(0, latents)
        drawn = {
            "question": tokens(rng, config, rng.randint(1, 7)), "latents": own, "target": tokens(rng, config, rng.randint(1, 6)),
        }
        if per_step is not None:
            replaced = rng.randint(0, own // per_step)
            drawn["steps"] = [tokens(rng, config, rng.randint(1, 4)) for _ in range(replaced)]
        return drawn

    batches = [{"items": [item() for _ in range(count)]} for _ in range(STEPS)]
    needed = max(len(i["question"]) + i["latents"] + 1 + len(i["target"]) for b in batches for i in b["items"])
    return batches, needed


def draw_case(rng, family, kind, system, name, query=None, layers=None, stopped=None, prefix_loss=None, latents=None, tied=True,
              objectives=None, per_step=None):
    """kind: corpus, curriculum or generate. None: drawn. layers: of the kv channel."""
    depth = rng.randint(2, 3) if system in KV else rng.randint(1, 2)
    config = model_config(rng, family, depth, tied)
    if latents is None:
        latents = 0 if system in PLAIN + ("without_thought",) else rng.randint(1, 4)
    query = None if system in PLAIN else query or rng.choice(["marker", "repeat"])
    case = {
        "format": "latent-sweep-probe/1", "name": name, "mode": "generate" if kind == "generate" else "train", "model": config,
        "system": system, "channel": channel(rng, system, depth, layers), "latents": latents, "query": query,
    }
    if kind == "generate":
        items = [
            {"question": item["question"], "latents": item["latents"]}
            for item in curriculum_batches(rng, config, system, latents)[0][0]["items"]
        ]
        case |= {"items": items, "max_new_tokens": rng.randint(3, 9), "eos_token_id": None}
        needed = max(len(i["question"]) + i["latents"] + 1 + case["max_new_tokens"] for i in items)
    else:
        case |= {"grad_through_cache": not (rng.random() < 0.3 if stopped is None else stopped), "objective": kind}
        if kind == "corpus":
            ahead = rng.randint(1, 4)
            frozen = system in FROZEN_BASE + PLAIN
            weight = 0 if frozen else rng.choice([0, 0.5, 1.3]) if prefix_loss is None else prefix_loss
            case |= {"ahead": ahead, "prefix_lm_loss_weight": weight}
            case["batches"], needed = corpus_batches(rng, config, system, latents, ahead)
        else:
            case["batches"], needed = curriculum_batches(rng, config, system, latents, per_step)
            longest = max((len(step) for b in case["batches"] for i in b["items"] for step in i.get("steps", [])), default=0)
            needed = max(needed, (per_step or 0) + longest)
        if objectives is not None:
            case["objectives"] = objectives
        if per_step is not None:
            case["latents_per_step"] = per_step
        case["optimizer"] = {
            "name": "adamw", "lr": rng.choice([1e-3, 3e-4, 1e-4]), "betas": rng.choice([[0.9, 0.999], [0.9, 0.95], [0.8, 0.99]]),
            "eps": rng.choice([1e-8, 1e-8, 1e-6]), "weight_decay": rng.choice([0, 0.01, 0.1]), "clip": rng.choice([None, 0.1, 50.0]),
        }
    # half of the cases fill the context to its last position
    config["n_positions" if family == "gpt2" else "max_position_embeddings"] = needed + rng.choice([0, 0, 1, 6])
    return case


def draw_weights(rng, case):
    """In float64, but each a float32 number: norms around one, everything else large enough to matter."""
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    return {name: draw_tensor(generator, name, shape).float().double() for name, shape in tensor_shapes(case).items()}


def draw_tensor(generator, name, shape):
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    if name.endswith((".bias", "wpe.weight")):
        return 0.2 * x
    if "norm" in name or ".ln_" in name:
        return 1 + 0.2 * x
    if name.endswith(("wte.weight", "embed_tokens.weight", "lm_head.weight", "soft_tokens", "query_token")):
        return 0.6 * x
    inputs = shape[0] if name.endswith((".down", ".up")) or "c_attn" in name or "c_proj" in name or "c_fc" in name else shape[1]
    return 0.9 / math.sqrt(inputs) * x
