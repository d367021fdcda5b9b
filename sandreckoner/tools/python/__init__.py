"""The sandbox: Python programs, written by a model and read by nobody, in processes that can only compute."""

from sandreckoner.tools.python.limits import Limits
from sandreckoner.tools.python.probe import WallReport, probe
from sandreckoner.tools.python.sandbox import NotContained, Sandbox
from sandreckoner.tools.python.walls import Walls

__all__ = ["Limits", "NotContained", "Sandbox", "WallReport", "Walls", "probe"]
