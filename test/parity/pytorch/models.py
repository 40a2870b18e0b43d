"""GPT-2 and Qwen-3 as functions of a dict of tensors, one sequence at a time, in the dtype of the tensors.

Written for reading, not for speed: no batch, no padding, no mask beyond "a row sees the past and the rows up to itself".
against_transformers.py compares both with the classes of transformers.
Legend: Q rows, D width, H query heads, G key/value heads, K head width, S keys.
"""

import math

import torch
import torch.nn.functional as F


def sizes(config):
    """What both families call by different names."""
    if config["model_type"] == "gpt2":
        heads, width = config["n_head"], config["n_embd"]
        return dict(
            vocab=config["vocab_size"], width=width, layers=config["n_layer"], heads=heads, groups=heads,
            head=width // heads, inner=config["n_inner"] or 4 * width,
        )
    return dict(
        vocab=config["vocab_size"], width=config["hidden_size"], layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"], groups=config["num_key_value_heads"], head=config["head_dim"],
        inner=config["intermediate_size"],
    )


def embedding_name(config):
    return "transformer.wte.weight" if config["model_type"] == "gpt2" else "model.embed_tokens.weight"


HEAD = "lm_head.weight"


def is_tied(config):
    return config.get("tie_word_embeddings", True)


def parameter_shapes(config):
    """Names and shapes of section 3 of the probe format; an untied head comes last."""
    s = sizes(config)
    d, f = s["width"], s["inner"]
    if config["model_type"] == "gpt2":
        shapes = {"transformer.wte.weight": [s["vocab"], d], "transformer.wpe.weight": [config["n_positions"], d]}
        for i in range(s["layers"]):
            h = f"transformer.h.{i}."
            shapes |= {
                h + "ln_1.weight": [d], h + "ln_1.bias": [d],
                h + "attn.c_attn.weight": [d, 3 * d], h + "attn.c_attn.bias": [3 * d],
                h + "attn.c_proj.weight": [d, d], h + "attn.c_proj.bias": [d],
                h + "ln_2.weight": [d], h + "ln_2.bias": [d],
                h + "mlp.c_fc.weight": [d, f], h + "mlp.c_fc.bias": [f],
                h + "mlp.c_proj.weight": [f, d], h + "mlp.c_proj.bias": [d],
            }
        shapes |= {"transformer.ln_f.weight": [d], "transformer.ln_f.bias": [d]}
    else:
        q, kv = s["heads"] * s["head"], s["groups"] * s["head"]
        shapes = {"model.embed_tokens.weight": [s["vocab"], d]}
        for i in range(s["layers"]):
            h = f"model.layers.{i}."
            shapes |= {
                h + "input_layernorm.weight": [d], h + "post_attention_layernorm.weight": [d],
                h + "self_attn.q_proj.weight": [q, d], h + "self_attn.k_proj.weight": [kv, d],
                h + "self_attn.v_proj.weight": [kv, d], h + "self_attn.o_proj.weight": [d, q],
                h + "self_attn.q_norm.weight": [s["head"]], h + "self_attn.k_norm.weight": [s["head"]],
                h + "mlp.gate_proj.weight": [f, d], h + "mlp.up_proj.weight": [f, d], h + "mlp.down_proj.weight": [d, f],
            }
        shapes["model.norm.weight"] = [d]
    if not is_tied(config):
        shapes[HEAD] = [s["vocab"], d]
    return shapes


def attention(q_HQK, k_GSK, v_GSK):
    """Row i of Q sees all keys that lie before these rows, and theirs up to its own."""
    heads, rows, width = q_HQK.shape
    groups, keys, _ = k_GSK.shape
    shared = heads // groups
    k_HSK, v_HSK = k_GSK.repeat_interleave(shared, 0), v_GSK.repeat_interleave(shared, 0)
    scores = q_HQK @ k_HSK.transpose(1, 2) / math.sqrt(width)
    visible = torch.arange(keys)[None, :] <= torch.arange(rows)[:, None] + (keys - rows)
    weights = scores.masked_fill(~visible, -math.inf).softmax(-1)
    return (weights @ v_HSK).transpose(0, 1).reshape(rows, heads * width)


def rms_norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rotate(x_HQK, positions, theta):
    half = x_HQK.shape[-1] // 2
    frequency = theta ** (-torch.arange(half, dtype=x_HQK.dtype) / half)
    angle = torch.as_tensor(positions, dtype=x_HQK.dtype)[:, None] * frequency[None, :]
    first, second = x_HQK[..., :half], x_HQK[..., half:]
    return torch.cat([first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()], -1)


def run(config, p, rows_QD, positions, past):
    """Rows through all layers and the final norm.

    past: per layer None or (keys [G, S, K], values); returns hidden [Q, D] and the rows' own (keys, values) per layer.
    """
    gpt2 = config["model_type"] == "gpt2"
    return (run_gpt2 if gpt2 else run_qwen3)(config, p, rows_QD, positions, past)


def with_past(past, own):
    return own if past is None else tuple(torch.cat([a, b], 1) for a, b in zip(past, own))


def to_heads(x, heads):
    return x.view(x.shape[0], heads, -1).transpose(0, 1)


def run_gpt2(config, p, rows, positions, past):
    s, eps = sizes(config), config["layer_norm_epsilon"]
    x = rows + p["transformer.wpe.weight"][torch.as_tensor(positions, dtype=torch.long)]
    own = []
    norm = lambda x, name: F.layer_norm(x, [s["width"]], p[name + ".weight"], p[name + ".bias"], eps)
    linear = lambda x, name: x @ p[name + ".weight"] + p[name + ".bias"]
    for i in range(s["layers"]):
        h = f"transformer.h.{i}."
        q, k, v = (to_heads(part, s["heads"]) for part in linear(norm(x, h + "ln_1"), h + "attn.c_attn").chunk(3, -1))
        own.append((k, v))
        x = x + linear(attention(q, *with_past(past[i], own[i])), h + "attn.c_proj")
        x = x + linear(F.gelu(linear(norm(x, h + "ln_2"), h + "mlp.c_fc"), approximate="tanh"), h + "mlp.c_proj")
    return norm(x, "transformer.ln_f"), own


def run_qwen3(config, p, rows, positions, past):
    s, eps, theta = sizes(config), config["rms_norm_eps"], config["rope_theta"]
    x, own = rows, []
    for i in range(s["layers"]):
        w = lambda name: p[f"model.layers.{i}.{name}.weight"]
        h = rms_norm(x, w("input_layernorm"), eps)
        q = to_heads(h @ w("self_attn.q_proj").T, s["heads"])
        k = to_heads(h @ w("self_attn.k_proj").T, s["groups"])
        v = to_heads(h @ w("self_attn.v_proj").T, s["groups"])
        q = rotate(rms_norm(q, w("self_attn.q_norm"), eps), positions, theta)
        k = rotate(rms_norm(k, w("self_attn.k_norm"), eps), positions, theta)
        own.append((k, v))
        x = x + attention(q, *with_past(past[i], own[i])) @ w("self_attn.o_proj").T
        h = rms_norm(x, w("post_attention_layernorm"), eps)
        x = x + (F.silu(h @ w("mlp.gate_proj").T) * (h @ w("mlp.up_proj").T)) @ w("mlp.down_proj").T
    return rms_norm(x, p["model.norm.weight"], eps), own


def embed(config, p, ids):
    return p[embedding_name(config)][torch.as_tensor(ids, dtype=torch.long)]


def logits(config, p, hidden):
    return hidden @ p[embedding_name(config) if is_tied(config) else HEAD].T


def no_past(config):
    return [None] * sizes(config)["layers"]
