"""How like their references the texts of a strategy are: F1, BLEU, chrF and ROUGE-L, each from 0 to 1.

BLEU and chrF are of the whole set of texts (Papineni et al. 2002; Popović 2015; by `sacrebleu`),
F1 (see `tasks.squad`) and ROUGE-L (Lin 2004, by `rouge-score`) are means over the questions. A text that
is missing counts as empty. None of them says that a text is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from sandreckoner.core.plugins import needing
from sandreckoner.evals.run.sample_record import SampleRecord
from sandreckoner.evals.tasks.question import TEXTS
from sandreckoner.evals.tasks.squad import f1


def text_scores(records: Sequence[SampleRecord]) -> Mapping[str, float]:
    """The scores of one strategy by name; empty where no answer is a text with a reference.

    Raises:
        MissingExtra: the packages of the extra `eval` are not installed.
    """
    texts = [
        record for record in records if record.kind in TEXTS and record.gold is not None and not record.error
    ]
    if not texts:
        return {}
    found = [record.answer or "" for record in texts]
    references = [[record.gold or "", *record.references] for record in texts]
    scores = {"F1": fmean(f1(text, own) for text, own in zip(found, references, strict=True))}
    if all(record.kind == "span" for record in texts):
        return scores
    with needing("eval", "comparing texts"):
        import sacrebleu  # type: ignore[import-untyped, unused-ignore]
        from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]
    most = max(map(len, references))
    columns: Any = [[own[place] if place < len(own) else None for own in references] for place in range(most)]
    rouge = RougeScorer(["rougeL"])
    scores["BLEU"] = sacrebleu.corpus_bleu(found, columns).score / 100
    scores["chrF"] = sacrebleu.corpus_chrf(found, columns).score / 100
    scores["ROUGE-L"] = fmean(
        rouge.score_multi(own, text)["rougeL"].fmeasure for text, own in zip(found, references, strict=True)
    )
    return scores
