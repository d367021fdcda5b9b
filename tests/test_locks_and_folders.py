"""What all rooms share: locks that outlive nobody, folders where the variables say."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandreckoner._support import user_folders
from sandreckoner._support.user_folders import locked

HOLD = (
    "import sys, time; from pathlib import Path; from sandreckoner._support.user_folders import locked\n"
    "with locked(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(600)\n"
)


def test_a_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    waits: list[str] = []
    with (
        pytest.raises(TimeoutError, match="lock was held by another process for 0 s"),
        locked(path, timeout_s=0.1, on_wait=lambda: waits.append("waiting")),
    ):
        raise AssertionError("two hold it")
    assert waits == ["waiting"]
    holder.kill()
    holder.communicate()
    with locked(path, timeout_s=10):
        assert path.exists()


def test_a_lock_file_without_a_holder_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("left over")
    with locked(path, timeout_s=0):
        pass


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def work() -> None:
        with locked(tmp_path / "lock", timeout_s=None):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError), locked(file / "lock"):  # which one differs by platform
        pass


@pytest.mark.parametrize("kind", ["cache", "config", "data", "state"])
def test_folders_are_where_the_variables_say(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(tmp_path))
    folder = {
        "cache": user_folders.cache_folder,
        "config": user_folders.config_folder,
        "data": user_folders.data_folder,
        "state": user_folders.state_folder,
    }[kind]
    assert folder() == tmp_path / "sandreckoner"
