"""What models really wrote: our strategies decide as the papers' did."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandreckoner.chains.strategies.voting import majority
from sandreckoner.reading.final_answer import read_answer

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("SANDRECKONER_DATA", ROOT.parent / "shared" / "data"))
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the recorded outputs are not at {DATA}"),
]


def test_the_recorded_tree_is_searched_step_by_step_as_its_authors_did() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "tree_recorded.py"), str(DATA)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "same pool of proposals   200 of 200" in said
    assert "same values              200 of 200" in said
    assert "same five kept           200 of 200" in said
    assert "same verdicts            50 of 50" in said


def test_the_vote_over_forty_chains_of_thought_is_the_authors() -> None:
    with gzip.open(DATA / "recorded" / "fcot_date_LtM_n40_code002.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    voted = [majority([read_answer(sample) for sample in row["samples"]]) for row in rows]
    assert voted == [row["source_pred"] for row in rows]
    right = sum(answer == row["gold"].removeprefix("#### ") for answer, row in zip(voted, rows, strict=True))
    assert right == 277
