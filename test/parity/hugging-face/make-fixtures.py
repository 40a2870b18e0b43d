"""Makes the checkpoints of this folder's `fixtures/` with transformers, and what transformers computes with them.

    python make-fixtures.py [SEED]        needs torch, transformers, safetensors; writes fixtures/ beside this file

Every checkpoint is a real one: built by the model class, stored by save_pretrained where that writes what the case needs. Expected numbers are
computed in fp32 from the stored (rounded) weights. Small on purpose: all together stay below 1 MB.
"""

import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, Qwen3Config, Qwen3ForCausalLM

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE / "fixtures"


def gpt2_config(**changes):
    values = dict(vocab_size=61, n_positions=24, n_embd=12, n_layer=2, n_head=3, n_inner=20, bos_token_id=0, eos_token_id=0)
    return GPT2Config(**{**values, **changes})


def qwen3_config(**changes):
    values = dict(
        vocab_size=53, hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=6, max_position_embeddings=64, rope_parameters={"rope_type": "default", "rope_theta": 1e6}, rms_norm_eps=1e-6,
        tie_word_embeddings=True, bos_token_id=0, eos_token_id=0,
    )
    return Qwen3Config(**{**values, **changes})


def build(cls, config):
    """Initial weights are too regular (norms of one, biases of zero): every parameter is moved."""
    model = cls(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def store(name, model, dtype, max_shard_size="1GB"):
    folder = FIXTURES / name
    model.to(dtype).save_pretrained(folder, max_shard_size=max_shard_size)
    for extra in folder.glob("generation_config.json"):
        extra.unlink()
    return folder


def rewrite(folder, change):
    file = folder / "model.safetensors"
    tensors = change(load_file(file))
    save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, file, metadata={"format": "pt"})


def as_on_the_hub(tensors):
    """openai-community/gpt2: no `transformer.`, and the causal masks that old versions stored."""
    bare = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    for layer in range(2):
        bare[f"h.{layer}.attn.bias"] = torch.tril(torch.ones(24, 24)).view(1, 1, 24, 24)
    bare["h.0.attn.masked_bias"] = torch.tensor(-1e4)
    bare["h.1.attn.bias"] = bare["h.1.attn.bias"].to(torch.uint8)
    return bare


def with_head(tensors):
    """Qwen3-0.6B stores its tied head beside the embedding."""
    return {**tensors, "lm_head.weight": tensors["model.embed_tokens.weight"].clone()}


def expect(folder):
    """Logits and greedy continuation of two sequences, in fp32."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    model.set_attn_implementation("eager")
    vocabulary = model.config.vocab_size
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(0, vocabulary, (2, 9), generator=generator)
    with torch.no_grad():
        out = model(ids, labels=ids)
        answers = []
        for row in ids:
            tokens = row.tolist()
            for _ in range(6):
                tokens.append(model(torch.tensor([tokens])).logits[0, -1].argmax().item())
            answers.append(tokens[9:])
    parameters = {name: tensor.double() for name, tensor in model.named_parameters()}
    expected = {
        "ids": ids.tolist(),
        "loss": out.loss.item(),
        "logits": out.logits.tolist(),
        "greedy": answers,
        "sums": {name: [tensor.sum().item(), tensor.abs().sum().item()] for name, tensor in parameters.items()},
    }
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


def main():
    torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    shutil.rmtree(FIXTURES, ignore_errors=True)

    store("gpt2-fp32", build(GPT2LMHeadModel, gpt2_config()), torch.float32)
    store("gpt2-bf16", build(GPT2LMHeadModel, gpt2_config(n_inner=None, n_embd=8, n_head=2)), torch.bfloat16)
    rewrite(store("gpt2-hub-names", build(GPT2LMHeadModel, gpt2_config()), torch.float32), as_on_the_hub)
    store("gpt2-sharded-fp16", build(GPT2LMHeadModel, gpt2_config()), torch.float16, max_shard_size="4KB")

    store("qwen3-fp32", build(Qwen3ForCausalLM, qwen3_config()), torch.float32)
    store("qwen3-fp16", build(Qwen3ForCausalLM, qwen3_config(num_key_value_heads=1)), torch.float16)
    rewrite(store("qwen3-bf16-with-head", build(Qwen3ForCausalLM, qwen3_config()), torch.bfloat16), with_head)
    store("qwen3-sharded-bf16", build(Qwen3ForCausalLM, qwen3_config(head_dim=4)), torch.bfloat16, max_shard_size="4KB")
    store("qwen3-untied", build(Qwen3ForCausalLM, qwen3_config(tie_word_embeddings=False)), torch.float32)
    store("gpt2-untied", build(GPT2LMHeadModel, gpt2_config(tie_word_embeddings=False)), torch.bfloat16)

    for folder in sorted(FIXTURES.iterdir()):
        expect(folder)
    print(sum(file.stat().st_size for file in FIXTURES.rglob("*")), "bytes in", len(list(FIXTURES.rglob("*"))), "files")


if __name__ == "__main__":
    main()
