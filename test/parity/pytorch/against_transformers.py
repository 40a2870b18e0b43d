"""models.py gives the logits, the gradients and the continued cache of the classes of transformers.

GPT-2's class computes in float64 throughout; Qwen-3's keeps norms and rotations in float32 whatever the weights are, so the two
differ by float32 rounding.
"""

import torch
from transformers import DynamicCache, GPT2Config, GPT2LMHeadModel, Qwen3Config, Qwen3ForCausalLM

import models

LARGEST_ERROR = {"gpt2": 1e-10, "qwen3": 1e-5}


def theirs(config, parameters):
    if config["model_type"] == "gpt2":
        dropout = dict(resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
        model = GPT2LMHeadModel(GPT2Config(**{**config, **dropout, "bos_token_id": None, "eos_token_id": None}))
    else:
        known = {key: value for key, value in config.items() if key != "rope_theta"}
        rope = {"rope_type": "default", "rope_theta": config["rope_theta"]}
        model = Qwen3ForCausalLM(Qwen3Config(**known, rope_parameters=rope))
    model = model.double().eval()
    missing, unexpected = model.load_state_dict(parameters, strict=False)
    tied = [models.HEAD] if models.is_tied(config) else []
    assert not unexpected and [name for name in missing if not name.endswith(".attn.bias")] == tied, (missing, unexpected)
    model.tie_weights()
    return model


def check(config, parameters, ids):
    """ids: at least 4 tokens. Reads a part, then the rest one position further on with the part as its past."""
    tolerance = LARGEST_ERROR[config["model_type"]]
    own = {name: tensor.double().clone().requires_grad_() for name, tensor in parameters.items()}
    model = theirs(config, {name: tensor.double() for name, tensor in parameters.items()})
    half = len(ids) // 2
    early, late = list(range(half)), list(range(half + 1, len(ids) + 1))

    hidden, past = models.run(config, own, models.embed(config, own, ids[:half]), early, models.no_past(config))
    more, _ = models.run(config, own, models.embed(config, own, ids[half:]), late, past)
    logits = models.logits(config, own, torch.cat([hidden, more]))
    loss = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:]))
    loss.backward()

    cache = DynamicCache()
    read = lambda part, positions: model(
        input_ids=torch.tensor([part]), position_ids=torch.tensor([positions]), cache=cache, use_cache=True
    ).logits[0]
    wanted = torch.cat([read(ids[:half], early), read(ids[half:], late)])
    torch.nn.functional.cross_entropy(wanted[:-1], torch.tensor(ids[1:])).backward()

    close("logits", logits, wanted, tolerance)
    for name, parameter in model.named_parameters():
        close(f"gradient of {name}", own[name].grad, parameter.grad, 10 * tolerance)


def close(what, have, want, tolerance):
    largest = want.abs().max()
    error = (have - want).abs().max()
    assert error <= tolerance * largest, f"{what} is off by {error} of {largest}"
