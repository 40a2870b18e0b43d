"""The transformers side of the decoding benchmark: greedy generate with its cache, on the weights that the engine's side has written.

    python transformers_side.py '{"folder": ..., "prompts": [[...]], "newTokens": ...}' THREADS

For every line on standard input one round: seconds, and a digest of each prompt's tokens, as JSON.
"""

import hashlib
import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM


def main(case, threads):
    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(case["folder"], dtype=torch.float32).eval()
    # neither side stops early
    model.generation_config.eos_token_id = None
    prompts = torch.tensor(case["prompts"])
    options = {
        "attention_mask": torch.ones_like(prompts),
        "max_new_tokens": case["newTokens"],
        "do_sample": False,
        "use_cache": True,
        "pad_token_id": 0,
    }

    def round_of():
        started = time.perf_counter()
        with torch.inference_mode():
            tokens = model.generate(prompts, **options)
        seconds = time.perf_counter() - started
        new = tokens[:, prompts.shape[1] :].tolist()
        assert all(len(row) == case["newTokens"] for row in new)
        digests = [hashlib.sha256(",".join(map(str, row)).encode()).hexdigest() for row in new]
        return json.dumps({"seconds": seconds, "digests": digests})

    round_of()
    print("warm", flush=True)
    for _ in sys.stdin:
        print(round_of(), flush=True)


main(json.loads(sys.argv[1]), int(sys.argv[2]))
