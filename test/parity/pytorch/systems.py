"""Sections 4 and 5 of the probe format: what a system computes for one site, and what it trains.

Beyond the format (cases of extended.py only): soft_2x, a bottleneck `rank` in the channel, `top:k`, `bottom:k` and `every:k` layers.
"""

import torch

import models

PLAIN = ("continued_pretraining", "cot", "no_cot")
SOFT = ("soft_embeddings", "soft_2x", "pause")
EMBEDDING = ("liu", "h2")
KV = ("h1", "h1_h2")
FROZEN_BASE = ("liu", "h1")


def computed_config(case):
    """soft_2x computes with twice the layers."""
    config = case["model"]
    if case["system"] != "soft_2x":
        return config
    key = "n_layer" if config["model_type"] == "gpt2" else "num_hidden_layers"
    return {**config, key: 2 * config[key]}


def step_decoder_config(case):
    """The model that reads a replaced step off its latents; None without the objective `steps`."""
    steps = [one for one in case.get("objectives", []) if one["kind"] == "steps"]
    if not steps:
        return None
    config = computed_config(case)
    key = "n_layer" if config["model_type"] == "gpt2" else "num_hidden_layers"
    return config if steps[0]["layers"] is None else {**config, key: steps[0]["layers"]}


def body_shapes(config):
    """Without the token embedding, and without the head where it is another tensor."""
    outside = (models.embedding_name(config), models.HEAD)
    return {name: shape for name, shape in models.parameter_shapes(config).items() if name not in outside}


def selected_layers(case):
    layers = models.sizes(case["model"])["layers"]
    selection = case["channel"]["layers"]
    every = list(range(layers))
    if selection == "all":
        return every
    if isinstance(selection, list):
        return selection
    kind, count = selection.split(":")
    count = int(count)
    return {"top": every[-count:], "bottom": every[:count], "every": every[::count]}[kind]


def tensor_shapes(case):
    """Every tensor of weights.safetensors."""
    config, system = computed_config(case), case["system"]
    s = models.sizes(config)
    own = models.parameter_shapes(config)
    shapes = {f"base.{name}": shape for name, shape in own.items()}
    if system in EMBEDDING + KV:
        shapes |= {f"coprocessor.{name}": shape for name, shape in body_shapes(config).items()}
        rank = case["channel"].get("rank")
        if rank is not None:
            if system in EMBEDDING:
                exchanged, width = ["z"], s["width"]
            else:
                exchanged, width = [f"{x}.{i}" for i in selected_layers(case) for x in "kv"], s["groups"] * s["head"]
            for what in exchanged:
                shapes |= {f"channel.{what}.down": [width, rank], f"channel.{what}.up": [rank, width]}
    if system in SOFT + EMBEDDING + KV:
        shapes["soft_tokens"] = [1 if system == "pause" else case["latents"], s["width"]]
    if case["query"] == "marker":
        shapes["query_token"] = [s["width"]]
    decoder = step_decoder_config(case)
    if decoder is not None:
        shapes |= {f"step_decoder.{name}": shape for name, shape in body_shapes(decoder).items()}
    return shapes


def trained_names(case):
    system = case["system"]
    return [
        name for name in tensor_shapes(case)
        if not (name.startswith("base.") and system in FROZEN_BASE)
        and not (name.startswith("coprocessor.") and system in KV and not is_used(case, name.removeprefix("coprocessor.")))
    ]


def is_used(case, name):
    """With the kv channel: whether the tensor can influence a cache entry of a selected layer."""
    top = max(selected_layers(case))
    parts = name.split(".")
    gpt2 = case["model"]["model_type"] == "gpt2"
    if parts[1] != ("h" if gpt2 else "layers"):
        return name == "transformer.wpe.weight"
    layer, rest = int(parts[2]), ".".join(parts[3:])
    if gpt2:
        makes_entries = rest in ("ln_1.weight", "ln_1.bias", "attn.c_attn.weight", "attn.c_attn.bias")
    else:
        makes_entries = rest in (
            "input_layernorm.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight", "self_attn.k_norm.weight"
        )
    return layer < top or (layer == top and makes_entries)


def part(weights, prefix):
    return {name.removeprefix(prefix + "."): tensor for name, tensor in weights.items() if name.startswith(prefix + ".")}


class Site:
    """A prefix read by the Base, its latents, and whatever is decoded after them.

    `read` feeds rows to the Base and grows its cache, so that scores of a target and greedy decoding are the same code.
    """

    def __init__(self, case, weights, prefix, latents):
        self.case, self.weights, self.config = case, weights, computed_config(case)
        self.base, self.coprocessor = part(weights, "base"), part(weights, "coprocessor")
        self.prefix = prefix
        positions = range(len(prefix))
        hidden, cache = models.run(self.config, self.base, self.embed(prefix), positions, models.no_past(self.config))
        self.prefix_hidden = hidden
        self.next_position = len(prefix)
        system = case["system"]
        # a plain system and coconut are one sequence: nothing of it is a cache that could be cut off
        cut = not case.get("grad_through_cache", True) and system not in PLAIN + ("coconut",)
        self.past = [tuple(x.detach() if cut else x for x in entries) for entries in cache]
        # what objectives compare: the latents as hidden states, or as values of each selected layer
        self.latent_rows, self.latent_values = None, []
        if latents > 0:
            self.think(latents)

    def embed(self, ids):
        return models.embed(self.config, self.base, ids)

    def read(self, rows, positions):
        hidden, own = models.run(self.config, self.base, rows, positions, self.past)
        self.past = [models.with_past(past, entries) for past, entries in zip(self.past, own)]
        return hidden

    def think(self, n):
        """Step 2, and in the embedding systems the first rows of step 3."""
        system = self.case["system"]
        p = len(self.prefix) - 1
        positions = range(p + 1, p + 1 + n)
        if system in SOFT:
            self.latent_rows = self.read(self.soft_rows(n), positions)
        elif system in EMBEDDING:
            z, _ = models.run(self.config, self.coprocessor, self.soft_rows(n), positions, self.past)
            self.latent_rows = z
            self.read(self.narrow(z, "z"), positions)
        elif system in KV:
            _, own = models.run(self.config, self.coprocessor, self.soft_rows(n), positions, self.past)
            chosen = selected_layers(self.case)
            self.latent_values = [own[i][1].transpose(0, 1).reshape(n, -1) for i in chosen]
            self.past = [
                models.with_past(past, self.narrow_entries(own[i], i)) if i in chosen else past
                for i, past in enumerate(self.past)
            ]
        elif system == "coconut":
            z, read = self.prefix_hidden[-1:], []
            for position in positions:
                read.append(z)
                z = self.read(z, [position])
            self.latent_rows = torch.cat(read)
        else:
            return
        self.next_position += n

    def soft_rows(self, n):
        table = self.weights["soft_tokens"]
        return table.expand(n, -1) if self.case["system"] == "pause" else table[:n]

    def narrow(self, vectors, what):
        down = self.weights.get(f"channel.{what}.down")
        return vectors if down is None else vectors @ down @ self.weights[f"channel.{what}.up"]

    def narrow_entries(self, entries, layer):
        def through(x_GNK, what):
            groups, n, width = x_GNK.shape
            flat = x_GNK.transpose(0, 1).reshape(n, groups * width)
            return self.narrow(flat, f"{what}.{layer}").reshape(n, groups, width).transpose(0, 1)

        return through(entries[0], "k"), through(entries[1], "v")

    def query_hidden(self):
        """Hidden state that predicts the first target [1, D]."""
        if self.case["system"] in PLAIN:
            return self.prefix_hidden[-1:]
        row = self.weights["query_token"][None] if self.case["query"] == "marker" else self.embed(self.prefix[-1:])
        self.next_position += 1
        return self.read(row, [self.next_position - 1])

    def read_tokens(self, tokens):
        """Hidden states [len, D] of tokens at the next positions."""
        positions = range(self.next_position, self.next_position + len(tokens))
        self.next_position += len(tokens)
        return self.read(self.embed(tokens), positions)

    def target_logits(self, targets):
        """Step 4: logits that predict each target, [A, V]."""
        hidden = self.query_hidden()
        if len(targets) > 1:
            hidden = torch.cat([hidden, self.read_tokens(targets[:-1])])
        return models.logits(self.config, self.base, hidden)

    def prefix_logits(self):
        """Logits of the Base pass that predict the tokens of the prefix after the first."""
        return models.logits(self.config, self.base, self.prefix_hidden[:-1])


def greedy(case, weights, item, eos):
    """Section 8. Also the smallest lead of a chosen token over the next best, in parts of the largest logit."""
    site = Site(case, weights, item["question"], item["latents"])
    hidden, tokens, lead = site.query_hidden(), [], float("inf")
    while True:
        scores = models.logits(site.config, site.base, hidden[-1])
        best = scores.topk(2).values
        lead = min(lead, float((best[0] - best[1]) / scores.abs().max()))
        tokens.append(int(scores.argmax()))
        if len(tokens) == case["max_new_tokens"] or tokens[-1] == eos:
            return tokens, lead
        hidden = site.read_tokens(tokens[-1:])
