"""A machine with something to lose: secrets, listeners, files, a process; and eyes to see them touched."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "attacks"


@dataclass(frozen=True, slots=True)
class Attack:
    """A program that wants out. It prints `ESCAPED` where it got past the language alone."""

    name: str
    code: str


def corpus() -> list[Attack]:
    """All attacks, by file and name."""
    found = []
    for file in sorted(CORPUS.glob("*.txt")):
        for part in re.split(r"^### ", file.read_text(), flags=re.MULTILINE)[1:]:
            title, _, code = part.partition("\n")
            found.append(Attack(f"{file.stem}/{title}", code))
    assert len({attack.name for attack in found}) == len(found)
    return found


class Arena:
    """Things that no program may reach, and what became of them."""

    def __init__(self, user_id: int | None = None) -> None:
        """Set it up.

        Args:
            user_id: whose process the victim is; None for our own.
        """
        self.token = secrets.token_hex(16)
        self.root = Path(tempfile.mkdtemp(prefix="arena"))
        self.root.chmod(0o755)
        self.vault = self.root / "vault"
        self.vault.mkdir(mode=0o777)
        self.vault.chmod(0o777)
        (self.vault / "secret.txt").write_text(f"token {self.token}\n")
        (self.vault / "secret.txt").chmod(0o644)
        (self.vault / "root-only").write_text(self.token)
        (self.vault / "root-only").chmod(0o600)
        self.heard: set[str] = set()
        self._user_id = user_id
        self._victims: dict[str, subprocess.Popen[bytes]] = {}
        self._listen()
        self.environment = {"ARENA_SECRET": self.token, "PATH": os.environ["PATH"]}

    def _listen(self) -> None:
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._path = socket.socket(socket.AF_UNIX)
        self._path.bind(str(self.root / "socket"))
        (self.root / "socket").chmod(0o777)
        self._path.listen()
        self._abstract_name = f"arena-{self.token[:8]}"
        self._abstract = socket.socket(socket.AF_UNIX)
        self._abstract.bind(f"\0{self._abstract_name}")
        self._abstract.listen()
        for server in (self._tcp, self._path, self._abstract):
            threading.Thread(target=self._accept, args=(server,), daemon=True).start()
        threading.Thread(target=self._datagrams, daemon=True).start()

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(0.5)
                    said = b""
                    with contextlib.suppress(OSError):
                        said = connection.recv(1000)
                    self.heard.add(said.decode(errors="replace") or "somebody")

    def _datagrams(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.heard.add(self._udp.recv(1000).decode(errors="replace"))

    def prepare(self, attack: Attack) -> str:
        """The attack's program, aimed at this arena, with bait of its own."""
        target = self._target(attack)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o777)
        target.chmod(0o777)
        (target / "bait").write_text("bait")
        (target / "bait").chmod(0o666)
        os.utime(target / "bait", (1000, 1000))
        if self._user_id is not None:
            os.chown(target, self._user_id, self._user_id)
            os.chown(target / "bait", self._user_id, self._user_id)
        code = attack.code
        if "@VICTIM@" in code:
            self._victims[attack.name] = subprocess.Popen(
                ["sleep", "600"], env=self.environment, cwd="/", user=self._user_id, start_new_session=True
            )
            code = code.replace("@VICTIM@", str(self._victims[attack.name].pid))
        names: Mapping[str, object] = {
            "SECRETS": self.vault,
            "SECRET": self.vault / "secret.txt",
            "TARGET": target,
            "SOCKET": self.root / "socket",
            "ABSTRACT": self._abstract_name,
            "PORT": self._tcp.getsockname()[1],
            "UDP": self._udp.getsockname()[1],
            "HOSTNAME": socket.gethostname(),
            "NAME": self._label(attack),
        }
        for name, value in names.items():
            code = code.replace(f"@{name}@", str(value))
        return code

    def breaches(self, attack: Attack, output: str) -> list[str]:
        """What the attack reached, given everything that came back from it."""
        found = []
        if self.token in output:
            found.append("read a secret")
        if "BREACHED" in output:
            found.append("did what only the host may")
        target = self._target(attack)
        bait = target / "bait"
        intact = (
            target.is_dir()
            and [path.name for path in target.iterdir()] == ["bait"]
            and bait.read_text() == "bait"
        )
        if not intact or bait.stat().st_mtime != 1000 or target.stat().st_mode & 0o777 != 0o777:
            found.append("changed a file")
        if any(self._label(attack) in said for said in self.heard):
            found.append("spoke to somebody")
        victim = self._victims.pop(attack.name, None)
        if victim is not None:
            if victim.poll() is not None:
                found.append("ended a process")
            victim.kill()
            victim.wait()
        return found

    @staticmethod
    def _label(attack: Attack) -> str:
        return "attack-" + attack.name.replace("/", "-") + "-"

    def _target(self, attack: Attack) -> Path:
        return self.root / attack.name.replace("/", "-")

    def close(self) -> None:
        """Take it down."""
        for server in (self._tcp, self._udp, self._path, self._abstract):
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
        for victim in self._victims.values():
            victim.send_signal(signal.SIGKILL)
            victim.wait()
        shutil.rmtree(self.root, ignore_errors=True)


@contextlib.contextmanager
def arena(user_id: int | None = None) -> Iterator[Arena]:
    """An arena for as long as it is needed."""
    one = Arena(user_id)
    try:
        yield one
    finally:
        one.close()
