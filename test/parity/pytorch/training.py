"""Sections 7 and 9 of the probe format: steps of torch's own AdamW and clipping over the trained tensors, and the answer."""

import math

import torch

from objectives import loss_of
from systems import greedy, trained_names


def group_of(name):
    return name.split(".")[0] if name.startswith(("base.", "step_decoder.")) else "soft" if name in ("soft_tokens", "query_token") else "coprocessor"


def is_matrix(name, tensor):
    """What `decay: matrices` decays: tensors of rank 2 and more that are no tables of rows looked up by index."""
    tables = ("wte.weight", "wpe.weight", "embed_tokens.weight", "soft_tokens")
    return tensor.dim() >= 2 and not name.endswith(tables)


def schedule_factor(schedule, step, total):
    """Linear warm-up to 1, then constant, or down to 0 just after the last step; steps count from 1."""
    warmup = schedule["warmup_steps"]
    if step <= warmup:
        return step / warmup
    progress = (step - 1 - warmup) / max(1, total - warmup)
    return {"constant": 1, "linear": 1 - progress, "cosine": 0.5 * (1 + math.cos(math.pi * progress))}[schedule["name"]]


def train(case, weights):
    """The answer of a training job: result.json and tensors. `case["extra"]` (extended.py) may change what the optimizer does."""
    extra = case.get("extra", {})
    names = trained_names(case)
    tensors = {name: tensor.clone().requires_grad_(name in names) for name, tensor in weights.items()}
    options = case["optimizer"]
    fresh = lambda: new_optimizer(options, extra, tensors, names)
    optimizer = fresh()
    result = {"losses": [], "grad_norms": [], "targets": [], "trained": names}
    if "objectives" in case:
        result["terms"] = {objective["kind"]: [] for objective in case["objectives"]}
    answer = {}
    for step, batch in enumerate(case["batches"], start=1):
        if step in extra.get("reset_before_steps", []):
            optimizer = fresh()
        loss, logits, targets, terms = loss_of(case, tensors, batch)
        optimizer.zero_grad()
        # without: a frozen Base, no latents in the batch and a repeated token as query
        if loss.requires_grad:
            loss.backward()
        for name in names:
            if tensors[name].grad is None:
                tensors[name].grad = torch.zeros_like(tensors[name])
        if step == 1:
            answer["logits"] = logits.detach().clone()
            answer |= {f"grad.{name}": tensors[name].grad.clone() for name in names}
        limit = math.inf if options["clip"] is None else options["clip"]
        norm = torch.nn.utils.clip_grad_norm_([tensors[name] for name in names], limit)
        factor = schedule_factor(extra["schedule"], step, len(case["batches"])) if "schedule" in extra else 1
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        optimizer.step()
        result["losses"].append(loss.item())
        result["grad_norms"].append(norm.item())
        result["targets"].append(targets)
        for kind, term in terms.items():
            result["terms"][kind].append(term)
    answer |= {f"after.{name}": tensors[name].detach() for name in names}
    return result, answer


def new_optimizer(options, extra, tensors, names):
    rates = extra.get("learning_rates")
    matrices_only = extra.get("decay") == "matrices"
    groups = [
        {
            "params": [tensors[name]],
            "peak": rates[group_of(name)] if rates else options["lr"],
            "weight_decay": 0 if matrices_only and not is_matrix(name, tensors[name]) else options["weight_decay"],
        }
        for name in names
    ]
    return torch.optim.AdamW(groups, lr=options["lr"], betas=tuple(options["betas"]), eps=options["eps"])


def generate(case, weights):
    with torch.no_grad():
        answers = [greedy(case, weights, item, case["eos_token_id"]) for item in case["items"]]
    return [tokens for tokens, _ in answers], min(lead for _, lead in answers)
