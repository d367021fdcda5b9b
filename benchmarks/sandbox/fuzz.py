"""Coverage-guided fuzzing of what stands between hostile bytes and the host, and of the policy.

    pip install atheris
    python -m benchmarks.sandbox.fuzz codec|report|policy [-max_total_time=300] [options of libFuzzer]

Stops with the input at the first fault: an exception that is none of ours, a report that cannot be written
down, or a program that the policy lets through although a plain look at its tree says otherwise.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
import socket
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ModuleNotFoundError:
    sys.exit("atheris is not installed: pip install atheris")

with atheris.instrument_imports():
    from RestrictedPython import transformer as _  # noqa: F401

    from sandreckoner.core import serialization
    from sandreckoner.tools.python import codec, outcome
    from sandreckoner.tools.python.policy import allowed_names, compiler

_CORPUS = Path(__file__).parents[2] / "tests" / "sandbox" / "attacks"
_REPORT = {
    "status": "ok",
    "value": [1, "x", {"a": None, "b": [1.5]}],
    "stdout": "so",
    "truncated": False,
    "error": {"type": "E", "message": "m", "line": 1, "traceback": "t"},
    "cpu_s": 0.1,
    "memory_bytes": 1,
    "call": {"function": "f", "positional": [1], "named": {"k": 2}},
}


def fuzz_codec(data: bytes) -> None:
    """Any bytes are a message, or one of three errors."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall(data[:50_000])
        there.shutdown(socket.SHUT_WR)
        with contextlib.suppress(codec.Closed, codec.Garbled):
            while True:
                assert isinstance(codec.receive(here, cap_bytes=10_000), dict)


def fuzz_report(data: bytes) -> None:
    """Any message is an execution that a journal can hold."""
    try:
        message = codec.unpack(data)
    except codec.Garbled:
        return
    done = outcome.read_report(message, output_bytes=1000, wall_s=1.0)
    again = serialization.from_json(json.loads(serialization.dumps(serialization.to_json(done))))
    assert (again.status, again.value, again.stdout) == (done.status, done.value, done.stdout)
    assert len(done.stdout) <= 1000


def fuzz_policy(data: bytes) -> None:
    """What is let through names nothing that leads out, wherever it stands in the tree."""
    text = data.decode("utf-8", "replace")
    try:
        compiler.compile_program(text, "<program>")
    except (compiler.Refusal, SyntaxError):
        return
    for node in ast.walk(ast.parse(text)):
        assert type(node).__name__ not in ("AsyncFunctionDef", "Await", "TryStar", "AsyncFor", "AsyncWith")
        for name in _attributes(node):
            assert allowed_names.spellable_attribute(name), name
        for name in _names(node):
            special = name.startswith("__") and name.endswith("__")
            assert not special or name in allowed_names.DEFINABLE_DUNDERS | allowed_names.READABLE_NAMES, name


def _attributes(node: ast.AST) -> list[str]:
    if isinstance(node, ast.MatchClass):
        return [*node.kwd_attrs]
    return [node.attr] if isinstance(node, ast.Attribute) else []


def _names(node: ast.AST) -> list[str]:
    """Everything that a node binds or reads by name: any field that holds an identifier."""
    if isinstance(node, (ast.Attribute, ast.MatchClass, ast.Constant)):
        return []
    if isinstance(node, ast.alias):
        return [node.asname or node.name.partition(".")[0]]
    if isinstance(node, ast.ImportFrom):
        return []  # its module is looked up among the facades
    found = [value for _, value in ast.iter_fields(node) if isinstance(value, str)]
    return found + [item for _, value in ast.iter_fields(node) if isinstance(value, list)
                    for item in value if isinstance(item, str)]  # fmt: skip


def _seeds(target: str) -> list[bytes]:
    report = json.dumps(_REPORT).encode()
    if target == "report":
        waiting = json.dumps({**_REPORT, "status": "waiting"}).encode()
        return [report, waiting, b'{"status": "crashed", "message": "x"}']
    if target == "codec":
        return [codec.pack(_REPORT), codec.pack({}) * 2, b"\0\0\0\x02[]"]
    programs = [
        re.split(r"^### .*\n", file.read_text(), flags=re.MULTILINE)[1:] for file in _CORPUS.glob("*.txt")
    ]
    return [code.encode() for group in programs for code in group]


TARGETS = {"codec": fuzz_codec, "report": fuzz_report, "policy": fuzz_policy}


def main() -> None:
    """Fuzz one target until it fails or its time is over."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"say what: {', '.join(TARGETS)}")
    target = sys.argv[1]
    with tempfile.TemporaryDirectory() as seeds:
        for number, seed in enumerate(_seeds(target)):
            Path(seeds, str(number)).write_bytes(seed)
        atheris.Setup(
            [sys.argv[0], "-max_len=4096", "-rss_limit_mb=4096", *sys.argv[2:], seeds], TARGETS[target]
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
