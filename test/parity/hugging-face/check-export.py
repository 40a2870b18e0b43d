"""Loads exported trials with transformers and compares what it computes with what the engine computed.

    node --import tsx make-exports.ts EXPORTS && python check-export.py EXPORTS

Needs torch and transformers. Ends with code 1 at the first difference.
"""

import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TOLERANCE = 2e-4


def check_model(folder, ids, expected):
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    model.eval()
    assert not any(report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    is_tied = model.get_input_embeddings().weight is model.get_output_embeddings().weight
    assert model.dtype == torch.float32 and is_tied == model.config.tie_word_embeddings
    with torch.no_grad():
        logits = model(torch.tensor(ids)).logits[:, :-1].flatten()
    wanted = torch.tensor(expected)
    error = (logits - wanted).abs().max().item() / wanted.abs().max().item()
    print(f"{folder.parent.name}/{folder.name}: largest error {error:.1e} of the largest logit")
    assert error <= TOLERANCE
    model.generate(torch.tensor(ids[:1]), max_new_tokens=2, pad_token_id=0)


def check_tokenizer(folder, expected):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = tokenizer(expected["text"], add_special_tokens=False)["input_ids"]
    assert found == expected["ids"], (found, expected["ids"])
    assert tokenizer.eos_token_id == expected["end"], (tokenizer.eos_token_id, expected["end"])
    assert AutoModelForCausalLM.from_pretrained(folder).generation_config.eos_token_id == expected["end"]
    print(f"{folder.parent.name}/{folder.name}: {len(found)} ids equal")


def main():
    trials = sorted(pathlib.Path(sys.argv[1]).iterdir())
    assert trials, "nothing exported"
    for trial in trials:
        expected = json.loads((trial / "expected.json").read_text())
        if "text" in expected:
            check_tokenizer(trial / "base", expected)
            continue
        for part in ("base", "coprocessor"):
            assert (trial / part).exists() == (expected[part] is not None)
            if expected[part] is not None:
                check_model(trial / part, expected["ids"], expected[part])


if __name__ == "__main__":
    main()
