"""The data sets of the retrieval benchmarks, as texts with questions and gold spans."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandreckoner.core.problem import Passage

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SANDRECKONER_DATA", ROOT / ".." / "shared" / "data"))


@dataclass(frozen=True, slots=True)
class Query:
    """A question and the spans of its answer.

    Attributes:
        text: the question.
        gold: spans (source, page, start, end), any of which is correct; an end of -1 means the whole page.
        source: the document that the answer is known to be in.
    """

    text: str
    gold: tuple[tuple[str, int, int, int], ...]
    source: str

    def is_answered_by(self, passage: Passage) -> bool:
        """Whether a passage holds at least half of a gold span, or stands on a gold page."""
        for source, page, start, end in self.gold:
            if (source, page) == (passage.source, passage.page):
                overlap = min(end, passage.end) - max(start, passage.start)
                if end < 0 or overlap >= (end - start) / 2:
                    return True
        return False


@dataclass(frozen=True, slots=True)
class Dataset:
    """Texts and questions.

    Attributes:
        name: for the table.
        pages: file name to the texts of its pages; empty where `files` are real ones.
        queries: the questions.
        files: real files, indexed as they are; not the questions that lie beside them.
        by_page: whether two passages of one page count once (the page is what is looked for).
    """

    name: str
    pages: dict[str, list[str]]
    queries: list[Query]
    files: tuple[Path, ...] = ()
    by_page: bool = True


def xquad() -> Dataset:
    """240 paragraphs, 1,190 questions: which paragraph answers."""
    articles = json.loads(gzip.decompress((DATA / "retrieval/xquad.en.json.gz").read_bytes()))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    return _paragraphs("XQuAD", [(p["context"], [qa["question"] for qa in p["qas"]]) for p in paragraphs])


def squad() -> Dataset:
    """2,067 paragraphs, 10,570 questions."""
    records = _lines(DATA / "questions/squad_v1.1_dev.jsonl.gz")
    return _paragraphs("SQuAD", [(r["context"], [qa["question"] for qa in r["qas"]]) for r in records])


def pubmedqa() -> Dataset:
    """1,000 abstracts, 1,000 questions."""
    records = json.loads(gzip.decompress((DATA / "retrieval/pubmedqa.json.gz").read_bytes())).values()
    return _paragraphs("PubMedQA", [("\n".join(r["CONTEXTS"]), [r["QUESTION"]]) for r in records])


def tatqa() -> Dataset:
    """278 tables with their paragraphs, pooled; 1,668 questions."""
    pages, queries = [], []
    for number, record in enumerate(_lines(DATA / "questions/tatqa_dev_docs.jsonl.gz"), 1):
        rows = record["table"]["table"] if isinstance(record["table"], dict) else record["table"]
        table = "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
        prose = [p["text"] if isinstance(p, dict) else p for p in record["paragraphs"]]
        pages.append("\n\n".join([table, *prose]))
        gold = (("tatqa.txt", number, 0, -1),)
        queries += [Query(question["question"], gold, "tatqa.txt") for question in record["questions"]]
    return Dataset("TAT-QA pooled", {"tatqa.txt": pages}, queries)


def chunking() -> Dataset:
    """Five long texts, 472 questions with the spans that answer them."""
    folder = DATA / "retrieval/chunking_evaluation"
    texts = {file.name: [file.read_text("utf-8")] for file in sorted(folder.glob("*.md"))}
    queries = []
    with (folder / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            source = f"{row['corpus_id']}.md"
            first = json.loads(row["references"])[0]
            queries.append(
                Query(row["question"], ((source, 1, first["start_index"], first["end_index"]),), source)
            )
    return Dataset("chunking_evaluation", texts, queries, by_page=False)


def reports() -> Dataset:
    """24 real filings (1,682 pages), 63 questions with the pages of their evidence."""
    folder = DATA / "reports"
    queries = []
    for line in (folder / "questions.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        source = f"{record['doc_name']}.pdf"
        pages = {evidence["evidence_page_num"] + 1 for evidence in record["evidence"]}
        gold = tuple((source, page, 0, -1) for page in sorted(pages))
        queries.append(Query(record["question"], gold, source))
    return Dataset("reports", {}, queries, files=tuple(sorted(folder.glob("*.pdf"))))


DATASETS: dict[str, Callable[[], Dataset]] = {
    "xquad": xquad,
    "squad": squad,
    "pubmedqa": pubmedqa,
    "tatqa": tatqa,
    "chunking": chunking,
    "reports": reports,
}


def _paragraphs(name: str, records: list[tuple[str, list[str]]]) -> Dataset:
    source = f"{name.lower()}.txt"
    queries = [
        Query(question, ((source, number, 0, -1),), source)
        for number, (_, questions) in enumerate(records, 1)
        for question in questions
    ]
    return Dataset(name, {source: [text for text, _ in records]}, queries)


def _lines(path: Path) -> Iterator[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
