"""Precision and recall of what finds personal data, by kind, on made lines; and its alarms on reports.

    python -m benchmarks.personal_data tests/reading/personal_data.jsonl
    python -m benchmarks.personal_data tests/reading/personal_data.jsonl --presidio en_core_web_sm
    python -m benchmarks.personal_data --reports FOLDER     # every alarm, with what stands before it

The lines were made with the example numbers of `phonenumbers` for 32 countries and the check digits of
`python-stdnum`. A piece counts as found where what was found covers it whole, whatever its kind is called.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Span = tuple[int, int, str]
Find = Callable[[str], Iterable[Span]]


def ours(text: str) -> Iterable[Span]:
    from sandreckoner.reading.personal_data import personal_data

    return [(found.start, found.end, found.kind) for found in personal_data(text)]


def presidio(model: str) -> Find:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": model}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    analyzer: Any = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
    aside = ("DATE_TIME", "URL", "NRP")  # not among the kinds that are measured
    return lambda text: [
        (found.start, found.end, found.entity_type)
        for found in analyzer.analyze(text, language="en")
        if found.entity_type not in aside
    ]


def measured(find: Find, lines: Iterable[dict[str, Any]]) -> None:
    kinds, hit, false, shown = Counter[str](), Counter[str](), Counter[str](), []
    for line in lines:
        got, wanted = list(find(line["text"])), line["found"]
        for start, end, kind in wanted:
            kinds[kind] += 1
            hit[kind] += any(first <= start and last >= end for first, last, _ in got)
        for first, last, kind in got:
            if not any(first < end and last > start for start, end, _ in wanted):
                false[kind] += 1
                shown.append(f"  false alarm, {kind}: {line['text']}")
    for kind, count in kinds.items():
        print(f"{kind:9} {hit[kind]:3} of {count:3} found, recall {hit[kind] / count:.3f}")
    alarms = sum(false.values())
    print(
        f"false alarms {alarms}, precision {sum(hit.values()) / (sum(hit.values()) + alarms):.3f}",
        *shown,
        sep="\n",
    )


def alarms(folder: Path) -> None:
    import pypdfium2

    for path in sorted(folder.iterdir()):
        pages = [path.read_text()] if path.suffix == ".md" else []
        if path.suffix == ".pdf":
            document = pypdfium2.PdfDocument(path)
            pages = [page.get_textpage().get_text_bounded() for page in document]
        for number, text in enumerate(pages, 1):
            for start, end, kind in ours(text):
                print(f"{path.name}, page {number}: {kind} {text[max(0, start - 40) : end]!r}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lines", nargs="?", type=Path)
    parser.add_argument("--presidio", metavar="MODEL")
    parser.add_argument("--reports", type=Path)
    given = parser.parse_args()
    if given.reports:
        alarms(given.reports)
    if given.lines:
        chosen = presidio(given.presidio) if given.presidio else ours
        measured(chosen, map(json.loads, given.lines.read_text().splitlines()))
