"""Section 6 of the probe format: the loss of a batch, with the logits of its scored targets."""

import torch
import torch.nn.functional as F

from systems import PLAIN, Site


def scored(case, weights, batch):
    """Logits [targets, V] and targets, in the order of section 9."""
    rows, targets = [], []
    for prefix, latents, target in sites_of(case, batch):
        rows.append(Site(case, weights, prefix, latents).target_logits(target))
        targets += target
    return torch.cat(rows), torch.tensor(targets)


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


def loss_of(case, weights, batch):
    logits, targets = scored(case, weights, batch)
    loss = F.cross_entropy(logits, targets)
    weight = case.get("prefix_lm_loss_weight", 0)
    if weight > 0:
        read = torch.cat([Site(case, weights, row, 0).prefix_logits() for row in batch["tokens"]])
        loss = loss + weight * F.cross_entropy(read, torch.tensor([token for row in batch["tokens"] for token in row[1:]]))
    return loss, logits, len(targets)
