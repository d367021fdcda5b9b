"""What every test stands on: no network beyond this machine, no state of the user's."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_connect = socket.socket.connect

# A shell starts what it puts in the background with the interrupt ignored, and processes inherit that: the
# tests that press Ctrl-C would wait for ever.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Folders and files whose tests start processes, terminals or servers; the quick ones do without.
_SLOW = {
    "sandbox",
    "serve",
    *("test_cli", "test_export", "test_mcp", "test_screen", "test_settings_everywhere", "test_terminal"),
    *("test_chroma_server", "test_faults", "test_index_command", "test_model_files"),
    *(
        "test_engine",
        "test_fetch_weights",
        "test_gguf",
        "test_hf",
        "test_keys",
        "test_load_model",
        "test_prefixes",
        "test_resident",
        "test_your_model",
    ),
    *("test_hostile", "test_mcp_tools", "test_support_bot"),
    *("test_batching", "test_evaluate", "test_on_ray"),
    *("test_exit_codes", "test_extras"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side (`-n 2 --dist loadgroup`), what shares something dear stays in one process.

    Two processes with a model each take each other's cores; the sandbox's tests look for what is left of it.
    """
    for item in items:
        if _SLOW & {item.path.stem, item.path.parent.name}:
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("model"):
            item.add_marker(pytest.mark.xdist_group("model"))
        elif "sandbox" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("sandbox"))


def _loopback_only(self: socket.socket, address: object) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = address[0] if isinstance(address, tuple) else ""
        if not (str(host).startswith("127.") or host in ("localhost", "::1")):
            raise OSError(f"a test tried to reach {host}: tests stay on this machine")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def at_home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A home of its own for each test (settings, sessions, indexes), and the network shut but for loopback.

    Language models that were fetched are linked into it; the embedder only for tests marked `model`, so that
    the others search by words alone, whether it was fetched or not.
    """
    home = tmp_path_factory.mktemp("home")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sandreckoner"
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    own = home / "xdg_cache_home" / "sandreckoner"
    own.mkdir(parents=True)
    uses_model = request.node.get_closest_marker("model") is not None
    for fetched in ("models", "all-minilm-l6-v2") if uses_model else ("models",):
        (cache / fetched).mkdir(parents=True, exist_ok=True)
        (own / fetched).symlink_to(cache / fetched, target_is_directory=True)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RECKON_RESIDENT_MINUTES", "0")  # nothing that outlives a test
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)
    yield home


@pytest.fixture
def data() -> Path:
    """The folder of real questions and recorded outputs; it is not part of the project."""
    folder = Path(os.environ.get("SANDRECKONER_DATA", ROOT / ".." / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of recorded data is not here; set SANDRECKONER_DATA to run this")
    return folder
