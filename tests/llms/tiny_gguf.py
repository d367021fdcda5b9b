"""A GGUF file of some ten thousand random weights: it writes nonsense, and llama.cpp runs it as any other."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_WIDTH, _HEADS, _LAYERS, _INNER, _CONTEXT = 64, 4, 2, 96, 4096
_TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
_ALIGNMENT = 32
_STRING, _ARRAY, _SIGNED = 8, 9, 5
_KINDS = {int: (4, "<I"), float: (6, "<f")}


def make_tiny_gguf(path: Path, *, seed: int = 0) -> Path:
    """Write the file: a model of llama's kind, whose vocabulary is the bytes."""
    rng = np.random.default_rng(seed)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [2, 3, 3, *[6] * 256]  # unknown, control, control, bytes
    about: dict[str, object] = {
        "general.architecture": "llama",
        "llama.context_length": _CONTEXT,
        "llama.embedding_length": _WIDTH,
        "llama.block_count": _LAYERS,
        "llama.feed_forward_length": _INNER,
        "llama.attention.head_count": _HEADS,
        "llama.attention.head_count_kv": _HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": _WIDTH // _HEADS,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * len(tokens),
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.chat_template": _TEMPLATE,
    }
    shapes = {
        "token_embd.weight": (len(tokens), _WIDTH),
        "output_norm.weight": (_WIDTH,),
        "output.weight": (len(tokens), _WIDTH),
    }
    for layer in range(_LAYERS):
        for name in ("attn_norm", "ffn_norm"):
            shapes[f"blk.{layer}.{name}.weight"] = (_WIDTH,)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"blk.{layer}.{name}.weight"] = (_WIDTH, _WIDTH)
        shapes[f"blk.{layer}.ffn_gate.weight"] = shapes[f"blk.{layer}.ffn_up.weight"] = (_INNER, _WIDTH)
        shapes[f"blk.{layer}.ffn_down.weight"] = (_WIDTH, _INNER)
    head, body = b"", b""
    for name, shape in shapes.items():
        head += _string(name) + struct.pack("<I", len(shape))
        head += b"".join(struct.pack("<Q", size) for size in reversed(shape))
        head += struct.pack("<IQ", 0, len(body))  # 0: float32
        weights = np.ones(shape) if len(shape) == 1 else rng.normal(0, 0.3, shape)
        body += _padded(weights.astype("<f4").tobytes())
    count = struct.pack("<IQQ", 3, len(shapes), len(about))
    pairs = b"".join(_string(name) + _value(value) for name, value in about.items())
    path.write_bytes(_padded(b"GGUF" + count + pairs + head) + body)
    return path


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: object) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    if isinstance(value, list):
        kind = {str: _STRING, int: _SIGNED, float: _KINDS[float][0]}[type(value[0])]
        items = b"".join(_plain(each) for each in value)
        return struct.pack("<IIQ", _ARRAY, kind, len(value)) + items
    return struct.pack("<I", _KINDS[type(value)][0]) + _plain(value)


def _plain(value: object) -> bytes:
    return _string(value) if isinstance(value, str) else struct.pack(_KINDS[type(value)][1], value)
