"""The sandbox as a distribution of its own: built, installed where nothing else is, used as its page says."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import RestrictedPython

import sandreckoner

PACKAGE = Path(sandreckoner.__file__).parents[1] / "packages" / "sandbox"
MOST_BYTES = 5_000_000


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=280, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    text: str = done.stdout
    return text


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=PACKAGE)
    # From the source distribution, which has left the repository behind.
    (source,) = folder.glob("*.tar.gz")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", source, "-w", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("empty")
    venv.create(place, with_pip=False)
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "RestrictedPython").symlink_to(Path(RestrictedPython.__file__).parent)
    with zipfile.ZipFile(wheel) as archive:  # a wheel without scripts is installed where it is unpacked
        archive.extractall(packages)
    return place / "bin" / "python"


def test_it_is_small_and_has_nothing_of_the_rest(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        sources = {name: archive.read(name).decode() for name in names if name.endswith(".py")}
    assert wheel.stat().st_size < MOST_BYTES
    assert all(name.startswith(("sandreckoner_sandbox/", "sandreckoner_sandbox-")) for name in names)
    for name, source in sources.items():
        assert not re.search(r"(?:from|import) (?:sandreckoner|langchain\w*|pydantic)\b", source), name


def test_it_does_what_its_page_says(python: Path, tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```\n```\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)
    assert block is not None
    assert run(python, "-c", block[1], cwd=tmp_path) == block[2]
    assert "language" in run(python, "-m", "sandreckoner_sandbox", cwd=tmp_path)


def test_it_holds_an_attack(python: Path, tmp_path: Path) -> None:
    program = "print(().__class__.__base__.__subclasses__())"
    code = f"from sandreckoner_sandbox import Sandbox\nprint(Sandbox().run({program!r}).status)"
    assert run(python, "-c", code, cwd=tmp_path).strip() in ("refused", "error")


def test_both_distributions_have_one_version() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    assert project["version"] == sandreckoner.__version__
    assert (
        f'__version__ = "{sandreckoner.__version__}"'
        in (PACKAGE / "sandreckoner_sandbox" / "__init__.py").read_text()
    )
