"""Runs programs in one namespace, and says what came of each. Runs inside the sandbox."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any, NoReturn

from sandreckoner.tools.python.codec import pack, unpack
from sandreckoner.tools.python.figures.lookup_log import LOG
from sandreckoner.tools.python.figures.table_inputs import with_tables
from sandreckoner.tools.python.policy.allowed_names import LAST_VALUE
from sandreckoner.tools.python.policy.compiler import Refusal, compile_program
from sandreckoner.tools.python.policy.drawings import drawings
from sandreckoner.tools.python.policy.input_files import hand_over
from sandreckoner.tools.python.policy.reports import end
from sandreckoner.tools.python.worker.channel import Channel
from sandreckoner.tools.python.worker.render import Output, render

# CPython makes code faster after some calls, by rewriting it.
_REHEARSALS = 20
_REHEARSED = """
from math import sqrt
import math
def f(x, y=2):
    total = 0
    for i in range(x):
        if i % 2 and i > 1: total += i * y
    return [total, {"a": (1.5, -x)}, f"{total:.2f}"]
print(f(3), math.sqrt(2), [i for i in range(3)][0])
f(4)
"""
_MESSAGE = 2000
_FRAMES = 6
_LONGEST_S = 1e6  # that a timer is set to
_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


class Interpreter:
    """The namespace in which the programs of one state run, one after the other."""

    def __init__(
        self, names: dict[str, Any], *, output_bytes: int, restrict: bool, cpu_s: float = math.inf
    ) -> None:
        self._names = names
        self._cpu_s = cpu_s
        self._restrict = restrict
        self._output_bytes = output_bytes
        self._output = Output(output_bytes, self._overflow)
        self._errors = Output(output_bytes, self._overflow)
        self._programs = 0
        self._source: list[str] = []
        self._file = ""

    def speak(self, channel: Channel) -> None:
        """Answer on `channel` from now on, and take what is printed."""
        self.channel = channel
        sys.stdout = sys.__stdout__ = self._output  # type: ignore[misc,assignment]
        sys.stderr = sys.__stderr__ = self._errors  # type: ignore[misc,assignment]

    def prepare(self) -> None:
        """Do in the zygote what no child has to do again: listen to the clocks; make hot what runs."""
        signal.signal(signal.SIGALRM, self._too_late)
        signal.signal(signal.SIGXCPU, self._look_at_cpu)
        signal.signal(signal.SIGPROF, self._look_at_cpu)
        for _ in range(_REHEARSALS):
            compile_program(_REHEARSED, "<rehearsal>", restrict=self._restrict)
            unpack(pack(self._outcome("ok", value=render({"a": [1, 2.5, "b"]}, self._output_bytes)))[4:])

    def run(self, code: str, inputs: Mapping[str, Any], wall_s: float) -> None:
        """Run a program and send its report. A program that must be stopped ends the process."""
        self._programs += 1
        self._file = "<program>" if self._programs == 1 else f"<program {self._programs}>"
        self._source = code.split("\n")
        self._output.clear()
        self._errors.clear()
        self.go_on(wall_s)
        report = self._report(code, inputs)
        self._stop_clocks()
        self.channel.write(report)

    def load(self, libraries: Sequence[str]) -> None:
        """Import what a program of a session names and its process has not; the program says if it fails."""
        bring = self._names["__builtins__"]["__import__"] if self._restrict else __import__
        for name in libraries:
            with contextlib.suppress(Exception):
                bring(name)

    def end_without_room(self) -> NoReturn:
        """The inputs of the program need more memory than it has."""
        message = "the inputs need more memory than the program has"
        error = {"type": "MemoryError", "message": message, "line": None, "traceback": ""}
        self.channel.write(self._outcome("memory", error=error))
        os._exit(0)

    def pause(self, call: dict[str, Any]) -> None:
        """The program calls a function of the host: send the call, and stop its clocks."""
        self._stop_clocks()
        self.channel.write({**self._outcome("waiting"), "call": call})

    def go_on(self, wall_s: float) -> None:
        """Start the program's clocks."""
        signal.setitimer(signal.ITIMER_REAL, max(wall_s, 0.001))
        self._await_cpu()

    def _await_cpu(self) -> None:
        left_s = self._cpu_s - time.process_time()
        signal.setitimer(signal.ITIMER_PROF, min(max(left_s, 0.001), _LONGEST_S))

    def _stop_clocks(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _report(self, code: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        try:
            program = compile_program(code, self._file, restrict=self._restrict)
        except Refusal as refusal:
            return self._outcome("refused", error=_refused(refusal))
        except SyntaxError as fault:
            return self._outcome("error", error=self._syntax_error(fault))
        self._names.pop(LAST_VALUE, None)
        try:
            for name, value in with_tables(inputs).items():
                if isinstance(value, (str, bytes)):
                    hand_over(name, value)
                if name.isidentifier():
                    self._names[name] = value
            try:
                exec(program, self._names)  # noqa: S102  # this is the place for it
            finally:
                end()
            value = render(self._names.pop(LAST_VALUE, None), self._output_bytes)
        except SystemExit as leaving:
            return self._left(leaving)
        except MemoryError as fault:
            return self._outcome("memory", error=self._error(fault))
        except BaseException as fault:  # whatever the program raised is its outcome
            return self._outcome("error", error=self._error(fault))
        return self._outcome("ok", value=value)

    def _left(self, leaving: SystemExit) -> dict[str, Any]:
        """As in CPython: 0 is well, another number is not, and a text is printed and is not."""
        if leaving.code is None or (type(leaving.code) is int and leaving.code == 0):
            return self._outcome("ok")
        if type(leaving.code) is not int:
            with contextlib.suppress(Exception):
                print(leaving.code, file=self._errors)
        return self._outcome("error", error=self._error(leaving))

    def _outcome(
        self, status: str, *, value: Any = None, error: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "status": status,
            "value": value,
            "error": error,
            "figures": LOG.record(),
            "drawings": drawings(),
            "stdout": self._output.text,
            "stderr": self._errors.text,
            "truncated": self._output.truncated or self._errors.truncated,
            "cpu_s": used.ru_utime + used.ru_stime,
            "memory_bytes": used.ru_maxrss * _MEMORY_UNIT,
        }

    # A program that is stopped cannot catch it: the report goes out and the process ends.

    def _stop(self, status: str, message: str, frame: FrameType | None) -> NoReturn:
        self._stop_clocks()
        lines = self._frames(frame)
        error = {
            "type": {"timeout": "TimeoutError", "output": "OutputLimit"}[status],
            "message": message,
            "line": lines[-1][0] if lines else None,
            "traceback": self._listing(lines),
        }
        self.channel.write(self._outcome(status, error=error))
        os._exit(0)

    def _too_late(self, number: int, frame: FrameType | None) -> NoReturn:
        self._stop("timeout", "the program was stopped: its limit of time is spent", frame)

    def _look_at_cpu(self, number: int, frame: FrameType | None) -> None:
        # The timers count ticks of the scheduler, which are some percent off; this clock is exact.
        if time.process_time() < self._cpu_s:
            self._await_cpu()
        else:
            self._stop("timeout", "the program was stopped: its limit of CPU seconds is spent", frame)

    def _overflow(self) -> NoReturn:
        self._stop(
            "output",
            f"the program was stopped: it printed more than {self._output_bytes} bytes",
            sys._getframe(2),
        )

    # Where in the program it happened.

    def _frames(self, frame: FrameType | None) -> list[tuple[int, str]]:
        found = []
        while frame is not None:
            # A signal may arrive at an instruction that belongs to no line.
            if frame.f_code.co_filename == self._file and frame.f_lineno is not None:
                found.append((frame.f_lineno, frame.f_code.co_name))
            frame = frame.f_back
        return found[::-1]

    def _traced(self, traceback: TracebackType | None) -> list[tuple[int, str]]:
        found = []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if code.co_filename == self._file and traceback.tb_lineno is not None:
                found.append((traceback.tb_lineno, code.co_name))
            traceback = traceback.tb_next
        return found

    def _listing(self, lines: list[tuple[int, str]]) -> str:
        shown = lines if len(lines) <= _FRAMES else lines[: _FRAMES // 2] + lines[-_FRAMES // 2 :]
        text = [f"line {line}, in {name}: {self._line(line)}" for line, name in shown]
        if len(shown) < len(lines):
            text.insert(_FRAMES // 2, f"… {len(lines) - len(shown)} more calls …")
        return "\n".join(text)

    def _line(self, number: int) -> str:
        return self._source[number - 1].strip()[:200] if 0 < number <= len(self._source) else ""

    def _error(self, fault: BaseException) -> dict[str, Any]:
        lines = self._traced(fault.__traceback__)
        return {
            "type": str(type(fault).__name__)[:100],
            "message": _message(fault),
            "line": lines[-1][0] if lines else None,
            "traceback": self._listing(lines),
        }

    def _syntax_error(self, fault: SyntaxError) -> dict[str, Any]:
        line = fault.lineno if isinstance(fault.lineno, int) else None
        return {
            "type": type(fault).__name__,
            "message": str(fault.msg)[:_MESSAGE],
            "line": line,
            "traceback": f"line {line}: {self._line(line)}" if line else "",
        }


def _refused(refusal: Refusal) -> dict[str, Any]:
    shown = "\n".join(refusal.violations[:50])
    message = refusal.violations[0].partition(": ")[2]
    return {
        "type": "Refused",
        "message": message[:_MESSAGE],
        "line": refusal.line,
        "traceback": shown[:10_000],
    }


def _message(fault: BaseException) -> str:
    try:
        text = str(fault)
        return str.__str__(text)[:_MESSAGE] if isinstance(text, str) else ""
    except BaseException:  # the program's own __str__ failed
        return ""
