"""Brings the sandbox's sources along: the repository has them once, in the package `sandreckoner`.

They get a name of their own on the way, so that this distribution and `sandreckoner` can be installed side by
side. A source distribution has them already.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PACKAGE = "sandreckoner_sandbox"
_LEFT = {"tool.py", "sessions.py"}  # what LangChain and the agents use of it
_CORE = re.compile(r"^from sandreckoner\.(core\.\w+) import", re.MULTILINE)
_NAMES = (
    (re.compile(r"\bsandreckoner(?=\.(?:core|tools)\b)"), _PACKAGE),
    (re.compile(r"\bsandreckoner(?=\[)"), "sandreckoner-sandbox"),
    (re.compile(r"\breckon doctor\b"), f"python -m {_PACKAGE}"),
)


class BringSources(BuildHookInterface):
    """Adds them to what is built."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build."""
        here = Path(self.root)
        if (here / _PACKAGE / "tools").is_dir():
            return
        repository = here.parent.parent
        package = repository / "sandreckoner"
        self._renamed = tempfile.TemporaryDirectory()
        for file in (*_sources(package), package / "core" / "__init__.py"):
            target = Path(self._renamed.name) / file.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_with_new_name(file.read_text(encoding="utf-8")), encoding="utf-8")
        (Path(self._renamed.name) / "tools" / "__init__.py").touch()
        build_data["force_include"][self._renamed.name] = _PACKAGE
        build_data["force_include"][str(repository / "LICENSE")] = f"{_PACKAGE}/LICENSE"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called after it."""
        if hasattr(self, "_renamed"):
            self._renamed.cleanup()


def _sources(package: Path) -> list[Path]:
    """The sandbox, and what it imports of `core`."""
    found = [file for file in sorted((package / "tools/python").rglob("*.py")) if file.name not in _LEFT]
    for file in found:  # which grows meanwhile
        for name in _CORE.findall(file.read_text(encoding="utf-8")):
            needed = package / f"{name.replace('.', '/')}.py"
            if needed not in found:
                found.append(needed)
    return found


def _with_new_name(source: str) -> str:
    for old, new in _NAMES:
        source = old.sub(new, source)
    return source
