"""Kernels compiled for this processor: used where they are, left alone where they are not, same replies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandreckoner.core.errors import ModelUnavailable, UsageError
from sandreckoner.llms.local import cpu_kernels
from sandreckoner.settings.user_settings import load_settings

_ASK = """
import json, sys
from sandreckoner.llms.local import cpu_kernels
from sandreckoner.llms.local.llamacpp import ChatGGUF
chat = ChatGGUF(model="qwen2.5-coder-0.5b", native_kernels={native}, cache_prompt=False)
reply = chat.invoke("Name the capital of France.", max_tokens=6, temperature=0, logprobs=True)
chat.close()
tokens = [(each["token"], each["logprob"]) for each in reply.response_metadata["logprobs"]["content"]]
print(json.dumps([cpu_kernels.in_use(), tokens]))
"""


def test_without_a_compiler_nothing_is_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cpu_kernels.reason_against()
    with pytest.raises(ModelUnavailable, match="the kernels cannot be built: "):
        cpu_kernels.build_kernels(print)
    assert not cpu_kernels.kernel_file().exists()


def test_kernels_that_were_not_built_are_not_used() -> None:
    assert cpu_kernels.use_kernels() is False  # a test's cache is its own, and empty


def test_the_setting_is_native_or_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECKON_KERNELS", "wheel")
    assert load_settings().kernels == "wheel"
    monkeypatch.setenv("RECKON_KERNELS", "fast")
    with pytest.raises(UsageError, match="RECKON_KERNELS: kernels must be native or wheel, not 'fast'"):
        load_settings()


@pytest.mark.model
def test_the_model_says_the_same_up_to_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    if not cpu_kernels.kernel_file().is_file():
        pytest.skip(
            f"no kernels were built here: {cpu_kernels.reason_against() or 'reckon models pull builds'}"
        )
    said = []
    for native in (True, False):
        command = [sys.executable, "-c", _ASK.format(native=native)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=True)
        in_use, tokens = json.loads(done.stdout)
        assert in_use is native
        said.append(tokens)
    assert [token for token, _ in said[0]] == [token for token, _ in said[1]]
    for (_, ours), (_, theirs) in zip(*said, strict=True):
        assert ours == pytest.approx(theirs, abs=0.05)
