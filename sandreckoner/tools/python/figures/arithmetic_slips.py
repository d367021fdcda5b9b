"""What is often a slip in the arithmetic of figures, noted for whoever reads the answer."""

from __future__ import annotations

from sandreckoner.tools.python.figures.figure_number import ExactNumber
from sandreckoner.tools.python.figures.lookup_log import LOG


def note_difference(this: ExactNumber, other: ExactNumber) -> None:
    """Note what is often a slip: a difference backwards in time, a negative figure subtracted."""
    assert this._cell is not None and other._cell is not None
    if this._cell == other._cell:
        LOG.note(f"subtracts {this._label} from itself")
        return
    if this._cell[:2] == other._cell[:2] or this._cell[2] == other._cell[2]:
        same_row = this._cell[:2] == other._cell[:2]
        if this._period and other._period and this._period < other._period:
            LOG.note(f"subtracts {other._period} from {this._period}, the later from the earlier")
            return
        if same_row:
            return
    if other._value < 0:
        LOG.note(f"subtracts {other._label} ({other}), which is negative in the table: that adds it")


def note_growth(change: ExactNumber, base: ExactNumber) -> None:
    """Note a change that is divided by the later figure, or by a negative one."""
    if change._change is None or base._cell is None:
        return
    earlier, later = min(change._change), max(change._change)
    if base._period == later != earlier:
        LOG.note(f"the change from {earlier} to {later} is divided by the figure of {later}, the later year")
    if base._value < 0:
        LOG.note(f"the change is divided by {base._label} ({base}), which is negative: its sign is turned")
