"""Section 6 of the probe format, and section 8a: the loss of a batch, with the logits of its scored targets and the unweighted terms."""

import torch
import torch.nn.functional as F

import models
from systems import PLAIN, Site, part, step_decoder_config


def scored(case, weights, batch):
    """Logits [targets, V] and targets, in the order of section 9, and the sites that were read."""
    rows, targets, sites = [], [], []
    for prefix, latents, target in sites_of(case, batch):
        sites.append(Site(case, weights, prefix, latents))
        rows.append(sites[-1].target_logits(target))
        targets += target
    return torch.cat(rows), torch.tensor(targets), sites


def sites_of(case, batch):
    if case["objective"] == "curriculum":
        return [(item["question"], item["latents"], item["target"]) for item in batch["items"]]
    if case["system"] in PLAIN:
        return [(row[:1], 0, row[1:]) for row in batch["tokens"]]
    ahead = case["ahead"]
    return [
        (row[: p + 1], case["latents"], row[p + 1 : p + 1 + ahead])
        for row, sites in zip(batch["tokens"], batch["sites"])
        for p in sites
    ]


def orthogonality(sites):
    """Mean squared cosine over pairs of a site (and its selected layers), then over the sites that have a pair."""

    def of_rows(z_ND):
        unit = z_ND / z_ND.norm(dim=1, keepdim=True).clamp_min(1e-8)
        n = len(unit)
        others = ~torch.eye(n, dtype=torch.bool)
        return (unit @ unit.T)[others].pow(2).sum() / (n * (n - 1))

    def of_site(site):
        return torch.stack([of_rows(z) for z in site.latent_values or [site.latent_rows]]).mean()

    compared = [site for site in sites if len((site.latent_values or [site.latent_rows if site.latent_rows is not None else []])[0]) > 1]
    return torch.stack([of_site(site) for site in compared]).mean() if compared else torch.tensor(0.0)


def replaced_steps(case, weights, sites, items):
    """Mean cross-entropy of the tokens of all replaced steps, each read off its latents by the step decoder."""
    config, own, c = step_decoder_config(case), part(weights, "step_decoder"), case["latents_per_step"]
    base = {name: tensor.detach() for name, tensor in part(weights, "base").items()}
    losses = []
    for site, item in zip(sites, items):
        for s, tokens in enumerate(item.get("steps", [])[: item["latents"] // c]):
            rows = torch.cat([site.latent_rows[s * c : (s + 1) * c], models.embed(config, base, tokens[:-1])])
            hidden, _ = models.run(config, own, rows, range(len(rows)), models.no_past(config))
            losses.append(F.cross_entropy(models.logits(config, base, hidden[c - 1 :]), torch.tensor(tokens), reduction="none"))
    return torch.cat(losses).mean() if losses else torch.tensor(0.0)


def loss_of(case, weights, batch):
    """Optimised loss, logits, number of targets, unweighted terms by kind."""
    logits, targets, sites = scored(case, weights, batch)
    loss = F.cross_entropy(logits, targets)
    weight = case.get("prefix_lm_loss_weight", 0)
    if weight > 0:
        read = torch.cat([Site(case, weights, row, 0).prefix_logits() for row in batch["tokens"]])
        loss = loss + weight * F.cross_entropy(read, torch.tensor([token for row in batch["tokens"] for token in row[1:]]))
    terms = {}
    for objective in case.get("objectives", []):
        kind = objective["kind"]
        term = orthogonality(sites) if kind == "orthogonality" else replaced_steps(case, weights, sites, batch["items"])
        terms[kind] = term.item()
        loss = loss + objective["weight"] * term
    return loss, logits, len(targets), terms
