"""PyTorch's side of the benchmark: the same shapes, passes and update in eager mode. Reads the case as JSON in argv[1]; protocol as engine-side.ts.

Written as a strong baseline: fused q/k/v products, scaled_dot_product_attention (causal flag where it applies), fused AdamW, logits of scored rows only.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

case = json.loads(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(1)
model, system, batch, N = case["model"], case["system"], case["batch"], case["latents"]
L, D, H, V = model["layers"], model["width"], model["heads"], model["vocabSize"]
gpt2 = model["kind"] == "gpt2"
K = D // H if gpt2 else model["headWidth"]
G = H if gpt2 else model["keyValueHeads"]


def weight(*shape):
    return torch.nn.Parameter(torch.randn(*shape) * 0.02)


def make_weights(embedding):
    w = {"embed": weight(V, D)} if embedding else {}
    if gpt2:
        w["wpe"] = weight(model["contextLength"], D)
    for i in range(L):
        inner = model["innerWidth"]
        if gpt2:
            for n, shape in {"qkv": (3 * D, D), "o": (D, D), "fc": (inner, D), "proj": (D, inner)}.items():
                w[f"{i}.{n}"], w[f"{i}.{n}.b"] = weight(*shape), weight(shape[0])
            for n in ("ln1", "ln2"):
                w[f"{i}.{n}"], w[f"{i}.{n}.b"] = weight(D), weight(D)
        else:
            for n, shape in {"q": (H * K, D), "k": (G * K, D), "v": (G * K, D), "o": (D, H * K), "gate": (inner, D), "up": (inner, D), "down": (D, inner)}.items():
                w[f"{i}.{n}"] = weight(*shape)
            for n, size in {"ln1": D, "ln2": D, "qn": K, "kn": K}.items():
                w[f"{i}.{n}"] = torch.nn.Parameter(torch.ones(size))
    w["norm"] = torch.nn.Parameter(torch.ones(D))
    if gpt2:
        w["norm.b"] = weight(D)
    return w


def rms(x, w):
    return F.rms_norm(x, (x.shape[-1],), w, model["normEpsilon"])


def norm(x, w, name):
    return F.layer_norm(x, (D,), w[name], w[name + ".b"], model["normEpsilon"]) if gpt2 else rms(x, w[name])


angles = torch.arange(1024)[:, None] * (model.get("ropeTheta", 1e4) ** (-torch.arange(0, K, 2) / K))[None, :]
cos_table, sin_table = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)


def rotate(x, positions):  # x [B, heads, Q, K]
    cos, sin = cos_table[positions].unsqueeze(1), sin_table[positions].unsqueeze(1)
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def run(w, x, positions, past, mask):
    """x [B, Q, D]; past(layer) gives earlier keys and values or None; mask None = causal."""
    B, Q, _ = x.shape
    cache = []
    if gpt2:
        x = x + w["wpe"][positions]
    for i in range(L):
        h = norm(x, w, f"{i}.ln1")
        if gpt2:
            q, k, v = F.linear(h, w[f"{i}.qkv"], w[f"{i}.qkv.b"]).view(B, Q, 3, H, K).permute(2, 0, 3, 1, 4).unbind(0)
        else:
            q = rotate(rms(F.linear(h, w[f"{i}.q"]).view(B, Q, H, K), w[f"{i}.qn"]).transpose(1, 2), positions)
            k = rotate(rms(F.linear(h, w[f"{i}.k"]).view(B, Q, G, K), w[f"{i}.kn"]).transpose(1, 2), positions)
            v = F.linear(h, w[f"{i}.v"]).view(B, Q, G, K).transpose(1, 2)
        cache.append((k, v))
        before = past(i)
        if before:
            k, v = torch.cat([*(p[0] for p in before), k], 2), torch.cat([*(p[1] for p in before), v], 2)
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask(i), is_causal=mask is None, enable_gqa=G != H)
        o = o.transpose(1, 2).reshape(B, Q, H * K)
        if gpt2:
            x = x + F.linear(o, w[f"{i}.o"], w[f"{i}.o.b"])
            h = norm(x, w, f"{i}.ln2")
            x = x + F.linear(F.gelu(F.linear(h, w[f"{i}.fc"], w[f"{i}.fc.b"]), approximate="tanh"), w[f"{i}.proj"], w[f"{i}.proj.b"])
        else:
            x = x + F.linear(o, w[f"{i}.o"])
            h = norm(x, w, f"{i}.ln2")
            x = x + F.linear(F.silu(F.linear(h, w[f"{i}.gate"])) * F.linear(h, w[f"{i}.up"]), w[f"{i}.down"])
    return norm(x, w, "norm"), cache


def row_mask(sites_q, order_q, limit_q, prefix, sites_k, order_k):
    """[B, 1, Q, prefix + k]: prefix up to the row's limit, rows of the same site not later in order."""
    see_prefix = torch.arange(prefix)[None, None, :] <= limit_q[:, :, None]
    see_rows = (sites_q[:, :, None] == sites_k[:, None, :]) & (order_k[:, None, :] <= order_q[:, :, None])
    return torch.cat([see_prefix, see_rows], 2).unsqueeze(1)


base = make_weights(True)
plain = system == "continued_pretraining"
trained = [] if system in ("liu", "h1") else list(base.values())
if not plain:
    coprocessor, soft, query = make_weights(False), weight(N, D), weight(D)
    used = {n: p for n, p in coprocessor.items() if system != "h1" or not (n.startswith("norm") or n.split(".")[0] == str(L - 1) and n.split(".")[1] not in ("qkv", "ln1"))}
    trained += [*used.values(), soft, query]
    if system in ("liu", "h1"):
        for p in base.values():
            p.requires_grad_(False)
optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01, fused=True)

if batch["kind"] == "corpus":
    tokens = torch.tensor(batch["tokens"])
    prefix_ids, A = tokens, batch["ahead"]
    sites = torch.tensor(batch["sites"]) if batch["sites"] else None
else:
    prefix_ids = torch.tensor([item["question"] for item in batch["items"]])
    targets_all = torch.tensor([item["target"] for item in batch["items"]])
    A = targets_all.shape[1]
    sites = torch.full((prefix_ids.shape[0], 1), prefix_ids.shape[1] - 1)
B, S = prefix_ids.shape
if sites is not None:
    M = sites.shape[1]
    ahead_index = sites[:, :, None] + 1 + torch.arange(A)
    targets = torch.gather(prefix_ids, 1, ahead_index.view(B, -1)).view(B, M, A) if batch["kind"] == "corpus" else targets_all.view(B, M, A)
    lat = (torch.arange(M).repeat_interleave(N).expand(B, -1), torch.arange(N).repeat(M).expand(B, -1), sites.repeat_interleave(N, 1))
    dec = (torch.arange(M).repeat_interleave(A).expand(B, -1), N + torch.arange(A).repeat(M).expand(B, -1), sites.repeat_interleave(A, 1))
    mask2 = row_mask(lat[0], lat[1], lat[2], S, lat[0], lat[1])
    both = [torch.cat([a, b], 1) for a, b in zip(lat, dec)]
    mask_h2 = row_mask(both[0], both[1], both[2], S, both[0], both[1])
    mask_h1 = row_mask(dec[0], dec[1], dec[2], S, both[0], both[1])
    position = lambda rows: rows[2] + 1 + rows[1]


def loss_of():
    if plain:
        hidden, _ = run(base, F.embedding(prefix_ids, base["embed"]), torch.arange(S).expand(B, -1), lambda i: [], None)
        return F.cross_entropy((hidden[:, :-1].reshape(-1, D)) @ base["embed"].T, prefix_ids[:, 1:].reshape(-1))
    _, kv = run(base, F.embedding(prefix_ids, base["embed"]), torch.arange(S).expand(B, -1), lambda i: [], None)
    z, latent_kv = run(coprocessor, soft.repeat(M, 1).expand(B, -1, -1), position(lat), lambda i: [kv[i]], lambda i: mask2)
    read = F.embedding(targets[:, :, :-1], base["embed"])
    rows = torch.cat([query.expand(B, M, 1, D), read], 2).view(B, M * A, D)
    if system == "h2":
        hidden, _ = run(base, torch.cat([z, rows], 1), position(both), lambda i: [kv[i]], lambda i: mask_h2)
        hidden = hidden[:, M * N:]
    else:
        hidden, _ = run(base, rows, position(dec), lambda i: [kv[i], latent_kv[i]], lambda i: mask_h1)
    return F.cross_entropy(hidden.reshape(-1, D) @ base["embed"].T, targets.reshape(-1))


def round_of(steps):
    started = time.perf_counter()
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        loss.item()
    return time.perf_counter() - started


round_of(2)
print("warm", flush=True)
for _ in sys.stdin:
    print(round_of(case["steps"]), flush=True)
