"""The embedder that comes along, as it is: fetched once, then without the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sandreckoner.core.effects import Search
from sandreckoner.core.errors import LibraryError
from sandreckoner.core.problem import Passage
from sandreckoner.tools.retrieval import open_library
from sandreckoner.tools.retrieval.index_registry import cached_library
from sandreckoner.tools.retrieval.minilm import MiniLM, load_minilm, minilm_folder, minilm_ready
from sandreckoner.tools.retrieval.ranking import MaxSim
from sandreckoner.tools.retrieval.search import SearchOptions
from sandreckoner.tools.retrieval.vectors import probe, same_embedder

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
SENTENCES = ["Revenue grew by a tenth.", "Sales rose 10 %.", "The cat sleeps on the mat."]


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    if not minilm_ready():
        pytest.skip("the embedder is not in the cache; `reckon models pull minilm` fetches it (91 MB)")
    return load_minilm()


@pytest.mark.model
def test_what_means_the_same_is_near(minilm: MiniLM) -> None:
    growth, sales, cat = minilm.documents(SENTENCES)
    assert growth @ sales > 0.5 > 0.2 > growth @ cat


@pytest.mark.model
def test_vectors_have_length_one_and_hardly_depend_on_the_batch(minilm: MiniLM) -> None:
    together = minilm.documents(["A short one.", *SENTENCES, "word " * 400])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.stack([minilm.query(text) for text in SENTENCES])
    # Activations are rounded by the largest of their batch, so a vector moves a little with its company.
    assert (alone * together[1:4]).sum(axis=1).min() > 0.97


@pytest.mark.model
def test_it_knows_itself_again(minilm: MiniLM) -> None:
    assert same_embedder(probe(minilm), probe(load_minilm()))


@pytest.mark.model
def test_search_by_meaning_finds_other_words(minilm: MiniLM) -> None:
    library = open_library([EXAMPLES], embedder=minilm, options=SearchOptions(lexical_weight=0.0))
    found = library.search(Search("lawsuit against the company", 3))
    assert any("Ostrava Optics" in passage.text for passage in found)


@pytest.mark.model
def test_the_example_question_finds_both_years(minilm: MiniLM) -> None:
    library = open_library([EXAMPLES], embedder=minilm)
    found = library.search(Search("By how many points did the operating margin change from 2023 to 2024?", 5))
    assert any("| **165.0** | **119.5** |" in passage.text for passage in found)


@pytest.mark.model
def test_maxsim_orders_by_the_words_that_meet(minilm: MiniLM) -> None:
    passages = [Passage(text, "a.md") for text in [*SENTENCES, "Nothing of the kind."]]
    scores = MaxSim(minilm, best=3)("Where does the cat sleep?", passages)
    assert max(scores) == scores[2]
    assert min(scores) == scores[3]  # not looked at, so behind


@pytest.mark.model
def test_documents_of_a_question_are_remembered(
    minilm: MiniLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = minilm_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    minilm_folder().parent.mkdir(parents=True)
    minilm_folder().symlink_to(ready)
    seen: list[str] = []
    for expected in (True, False):
        seen.clear()
        library = cached_library([EXAMPLES], progress=lambda name, done, total: seen.append(name))
        assert library.search(Search("free cash flow"))
        assert bool(seen) is expected
        library.close()


def test_without_it_words_are_searched_and_a_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    lines: list[str] = []
    library = cached_library([EXAMPLES], report=lines.append)
    assert library.search(Search("free cash flow"))
    library.close()
    assert [line.split(";")[0] for line in lines] == ["documents are searched by words only"]


def test_without_the_network_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("XDG_CACHE_HOME", str(tmp_path)),
        ("PIP_NO_INDEX", "1"),
        ("PIP_CONFIG_FILE", "/dev/null"),
    ):
        monkeypatch.setenv(name, value)
    with pytest.raises(LibraryError, match="documents can still be searched by words") as fault:
        load_minilm()
    assert "\n" not in str(fault.value)
