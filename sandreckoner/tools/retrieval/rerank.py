"""Late interaction: each word of the question finds the word of the passage that is nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sandreckoner.core.passage import Passage

if TYPE_CHECKING:
    from sandreckoner.tools.retrieval.embedder import Vectors


class TokenEmbedder(Protocol):
    """Texts in, for each the vectors of its tokens out; `MiniLM` is one."""

    def tokens(self, texts: Sequence[str]) -> list[Vectors]: ...


class MaxSim:
    """A reranker without a model of its own (Khattab and Zaharia, "ColBERT", SIGIR 2020, section 3.3).

    The score is the mean over the question's tokens of the largest cosine to a token of the passage. MiniLM
    was not trained for it: it helps on some texts and harms on others, so measure before you switch it on.

    Args:
        embedder: gives the vectors of tokens.
        best: how many passages are scored; those behind keep their order behind these.
    """

    def __init__(self, embedder: TokenEmbedder, *, best: int = 20) -> None:
        self._embedder = embedder
        self._best = best

    def __call__(self, question: str, passages: Sequence[Passage]) -> list[float]:
        """A score for each passage; larger is better."""
        head = passages[: self._best]
        asked, *found = self._embedder.tokens([question, *(passage.text for passage in head)])
        scores = [float((asked @ tokens.T).max(axis=1).mean()) for tokens in found]
        return scores + [-1.0 - place for place in range(len(passages) - len(head))]
