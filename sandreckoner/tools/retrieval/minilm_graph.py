"""all-MiniLM-L6-v2 as an ONNX graph, made of its weights: no torch, and matrix products in 8 bits.

The network is BERT (Devlin et al., 2019, section 3) with 6 layers, mean pooling and length 1 (Reimers and
Gurevych, "Sentence-BERT", 2019, section 3). The weights of its products are rounded to 8 bits per channel,
its activations as they pass: twice as fast, and a vector moves little (cosine to the original 0.992).
"""

from __future__ import annotations

import json
import logging
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandreckoner.core.plugins import needing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

_HIDDEN, _HEADS, _LAYERS, _EPSILON = 384, 12, 6, 1e-12
_LEAST = -1e9


def build(weights: Path, target: Path) -> None:
    """Write the graph of `weights` (safetensors) to `target`, whole or not at all."""
    with needing("documents", "building the embedder"):
        import onnx
        from onnxruntime.quantization import (  # type: ignore[import-untyped]
            QuantType,
            quantize_dynamic,
        )

    whole, part = target.with_suffix(".fp32"), target.with_suffix(".part")
    try:
        onnx.save(_Graph(read_safetensors(weights)).model(), str(whole))
        # It advises a pre-processing step through the root logger; the graph is plain already.
        logging.getLogger().setLevel(max(logging.ERROR, (level := logging.getLogger().level)))
        try:
            # Seven bits for weights: eight overflow on processors without VNNI, and give other vectors there.
            quantize_dynamic(
                whole,
                part,
                op_types_to_quantize=["MatMul"],
                per_channel=True,
                reduce_range=True,
                weight_type=QuantType.QInt8,
            )
        finally:
            logging.getLogger().setLevel(level)
        part.replace(target)
    finally:
        whole.unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def read_safetensors(path: Path) -> Arrays:
    """The arrays of a safetensors file: a length, a JSON header, then the numbers as they lie in memory."""
    import numpy as np

    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    kinds: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], kinds[entry["dtype"]]).reshape(
            entry["shape"]
        )
        for name, entry in header.items()
        if name != "__metadata__"
    }


class _Graph:
    """Builds the nodes one after the other; each method returns the name of its output."""

    def __init__(self, weights: Arrays) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}

    def model(self) -> Any:
        """The whole network: token ids and their mask in, `vector` and the `tokens` before pooling out."""
        from onnx import TensorProto, helper

        x = self._embeddings()
        mask = self._mask()
        for layer in range(_LAYERS):
            x = self._layer(f"encoder.layer.{layer}", x, mask)
        self._node("Identity", [x], output="tokens")
        self._pool(x)
        sizes = ["texts", "length"]
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, sizes)
            for name in ("input_ids", "attention_mask")
        ]
        outputs = [
            helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["texts", _HIDDEN]),
            helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [*sizes, _HIDDEN]),
        ]
        graph = helper.make_graph(self._nodes, "minilm", inputs, outputs, list(self._constants.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)

    def _embeddings(self) -> str:
        """Words, positions and the one segment, added and normed."""
        words = self._node("Gather", [self._weight("embeddings.word_embeddings.weight"), "input_ids"])
        length = self._node("Shape", ["input_ids"], start=1, end=2)
        positions = self._weight("embeddings.position_embeddings.weight")
        zero = self._constant([0], "int64")
        placed = self._node("Add", [words, self._node("Slice", [positions, zero, length, zero])])
        segment = self._constant(self._weights["embeddings.token_type_embeddings.weight"][0], "float32")
        return self._norm("embeddings.LayerNorm", self._node("Add", [placed, segment]))

    def _mask(self) -> str:
        """0 where there is a token, a very small number where there is padding; broadcast over heads."""
        present = self._node("Cast", ["attention_mask"], to=1)
        absent = self._node("Sub", [self._constant(1.0, "float32"), present])
        small = self._node("Mul", [absent, self._constant(_LEAST, "float32")])
        return self._node("Unsqueeze", [small, self._constant([1, 2], "int64")])

    def _layer(self, name: str, x: str, mask: str) -> str:
        size = _HIDDEN // _HEADS
        shape = self._constant([0, 0, _HEADS, size], "int64")
        heads = {}
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            split = self._node("Reshape", [self._linear(f"{name}.attention.self.{part}", x), shape])
            heads[part] = self._node("Transpose", [split], perm=order)
        scale = self._constant(size**-0.5, "float32")
        scores = self._node("Mul", [self._node("MatMul", [heads["query"], heads["key"]]), scale])
        weights = self._node("Softmax", [self._node("Add", [scores, mask])], axis=-1)
        mixed = self._node("Transpose", [self._node("MatMul", [weights, heads["value"]])], perm=[0, 2, 1, 3])
        joined = self._node("Reshape", [mixed, self._constant([0, 0, _HIDDEN], "int64")])
        attended = self._node("Add", [self._linear(f"{name}.attention.output.dense", joined), x])
        x = self._norm(f"{name}.attention.output.LayerNorm", attended)
        inner = self._node("Gelu", [self._linear(f"{name}.intermediate.dense", x)])
        return self._norm(
            f"{name}.output.LayerNorm", self._node("Add", [self._linear(f"{name}.output.dense", inner), x])
        )

    def _pool(self, x: str) -> str:
        """The mean over the tokens that are there. Its length does not matter: it is made 1 outside."""
        present = self._node("Cast", ["attention_mask"], to=1)
        column = self._node("Unsqueeze", [present, self._constant([-1], "int64")])
        along = self._constant([1], "int64")
        total = self._node("ReduceSum", [self._node("Mul", [x, column]), along], keepdims=0)
        count = self._node("ReduceSum", [column, along], keepdims=0)
        return self._node("Div", [total, count], output="vector")

    def _linear(self, name: str, x: str) -> str:
        matrix = self._constant(self._weights[f"{name}.weight"].T, "float32", f"{name}.weight")
        return self._node("Add", [self._node("MatMul", [x, matrix]), self._weight(f"{name}.bias")])

    def _norm(self, name: str, x: str) -> str:
        inputs = [x, self._weight(f"{name}.weight"), self._weight(f"{name}.bias")]
        return self._node("LayerNormalization", inputs, axis=-1, epsilon=_EPSILON)

    def _weight(self, name: str) -> str:
        return self._constant(self._weights[name], "float32", name)

    def _constant(self, value: Any, kind: str, name: str = "") -> str:
        import numpy as np
        from onnx import numpy_helper

        array: np.ndarray[Any, Any] = np.ascontiguousarray(value, kind)
        name = name or f"{kind}:{array.tolist() if array.size < 9 else len(self._constants)}"
        # ascontiguousarray makes a number an array of one; the shape of a scalar is wanted.
        self._constants.setdefault(name, numpy_helper.from_array(array.reshape(np.shape(value)), name))
        return name

    def _node(self, kind: str, inputs: list[str], *, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{kind}:{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output
