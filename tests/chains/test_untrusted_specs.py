"""A specification that a stranger sends over a network names no file and has bounded costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandreckoner.chains.spec import MAX_UNTRUSTED_CALLS, parse_strategy
from sandreckoner.core.errors import UsageError

HARMLESS = [
    "pal",
    "sc(pal, n=5, vote='weighted')",
    "pal(prompt='symbolic')",
    "few_shot(cot, pool='chain_of_thought_few_shot', by='random', seed=123456789)",
    "cascade(direct, pal, sc(pal, n=5), target=0.9)",
    "tot(pal, order='beam', k=3)",
]
DANGEROUS = [
    "pal(prompt='{file}')",
    "pal(prompt='../../{file}')",
    "refine(pal, critic='{file}')",
    "few_shot(cot, pool='{file}')",
    "few_shot(cot, pool=('{file}', 'x'))",
    "cascade(direct, pal, confidence='{file}')",
    "sourced(pal(repair='{file}'))",
    "sc(pal, n=100000)",
    "sc(pal, n=1e300)",
    "sc(pal, n=" + "9" * 350 + ")",
    "sc(sc(sc(pal, n=20), n=20), n=20)",
    "sc(pal, stop=('a', 'b'))",
    "sc(pal, **{{'n': 3}})",
    "sc(" * 100 + "pal" + ")" * 100,
]


@pytest.mark.parametrize("spec", HARMLESS)
def test_what_names_no_file_is_taken(spec: str) -> None:
    parse_strategy(spec, trusted=False)


@pytest.mark.parametrize("spec", DANGEROUS)
def test_files_and_unbounded_counts_are_refused(spec: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("=== instruction ===\nthe secret\n=== input ===\n{{question}}\n")
    with pytest.raises(UsageError) as there:
        parse_strategy(spec.format(file=secret), trusted=False)
    with pytest.raises(UsageError) as absent:
        parse_strategy(spec.format(file=tmp_path / "absent.txt"), trusted=False)
    assert "secret" not in str(there.value)
    assert str(there.value) == str(absent.value), "the error tells which files exist"


def test_nested_counts_are_multiplied() -> None:
    with pytest.raises(UsageError, match=f"400 completions, and at most {MAX_UNTRUSTED_CALLS}"):
        parse_strategy("sc(sc(cot, n=20), n=20)", trusted=False)
