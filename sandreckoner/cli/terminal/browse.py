"""Browse a tree on the screen: arrow keys move and fold, the detail of a node is shown below."""

from __future__ import annotations

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.layout.dimension import Dimension

from sandreckoner.cli.render.blocks import one_line
from sandreckoner.cli.render.console_style import visible
from sandreckoner.cli.render.run_tree import Node

_KEYS = "↑↓ move · ←→ fold · PgUp PgDn scroll the text · q back"
_STYLE = {
    "winner": "bold fg:ansigreen",
    "pruned": "fg:ansibrightblack",
    "dead end": "fg:ansired",
    "failed": "fg:ansired",
    "unsourced": "bold fg:ansired",
}


class Walk:
    """The open nodes, the cursor, and the scroll position of the detail."""

    def __init__(self, top: Node) -> None:
        self._top = top
        # A search may have hundreds of branches; what was done in each waits until it is wanted.
        self._open = {
            id(node) for _, node in top.walk() if node.kind in ("question", "branch", "answer", "program")
        }
        self.cursor = 0
        self.scroll = 0

    def rows(self) -> list[tuple[int, Node]]:
        """The nodes in sight with their depths."""
        return list(self._below(self._top, 0))

    def _below(self, node: Node, depth: int) -> list[tuple[int, Node]]:
        found = [(depth, node)]
        if id(node) in self._open:
            for below in node.children:
                found += self._below(below, depth + 1)
        return found

    @property
    def here(self) -> Node:
        """The node under the cursor."""
        return self.rows()[self.cursor][1]

    def move(self, by: int) -> None:
        """Move the cursor up or down."""
        self.cursor = max(0, min(len(self.rows()) - 1, self.cursor + by))
        self.scroll = 0

    def unfold(self) -> None:
        """Open this node, or go down into it where it is open."""
        if id(self.here) in self._open or not self.here.children:
            self.move(1)
        else:
            self._open.add(id(self.here))

    def fold(self) -> None:
        """Close this node, or go up to the one above where it is closed."""
        rows = self.rows()
        depth, node = rows[self.cursor]
        if id(node) in self._open and node.children:
            self._open.discard(id(node))
            return
        above = [place for place, (other, _) in enumerate(rows[: self.cursor]) if other < depth]
        self.cursor = above[-1] if above else 0

    def turn(self, by: int) -> None:
        """Scroll what the node holds, by lines."""
        self.scroll += by

    def tree(self, width: int) -> StyleAndTextTuples:
        """The rows as text, the cursor's line reversed."""
        text: StyleAndTextTuples = []
        for place, (depth, node) in enumerate(self.rows()):
            sign = "▾ " if id(node) in self._open and node.children else "▸ " if node.children else "  "
            value = f"  {node.value:.2f}" if node.value is not None else ""
            mark = f"  ({node.mark})" if node.mark in ("pruned", "dead end", "winner") else ""
            room = max(8, width - 2 * depth - 2 - len(value) - len(mark))
            line = "  " * depth + sign + one_line(node.label, room) + value + mark
            cursor = place == self.cursor
            if cursor:
                text.append(("[SetCursorPosition]", ""))
            text.append((f"{_STYLE.get(node.mark, '')} {'reverse' if cursor else ''}", line))
            text.append(("", "\n"))
        return text

    def detail(self) -> str:
        """What the node under the cursor holds, from where it is scrolled to."""
        lines = visible(self.here.detail or self.here.label).split("\n")
        self.scroll = max(0, min(self.scroll, len(lines) - 1))
        return "\n".join(lines[self.scroll :])


def browse(top: Node) -> None:
    """Browse a tree until the user quits."""
    walk = Walk(top)
    keys = KeyBindings()

    moves = {
        ("up", "k"): lambda: walk.move(-1),
        ("down", "j"): lambda: walk.move(1),
        ("left", "h"): walk.fold,
        ("right", "l", "enter"): walk.unfold,
        ("pagedown", "space"): lambda: walk.turn(10),
        ("pageup",): lambda: walk.turn(-10),
    }
    for names, move in moves.items():
        for name in names:
            keys.add(name)(lambda event, move=move: move())

    @keys.add("q")
    @keys.add("escape", eager=True)
    @keys.add("c-c")
    @keys.add("c-d")
    def leave(event: KeyPressEvent) -> None:
        event.app.exit()

    tree = FormattedTextControl(lambda: walk.tree(get_app().output.get_size().columns), focusable=True)
    body = HSplit(
        [
            Window(tree, height=Dimension(weight=3), wrap_lines=False),
            Window(height=1, char="─"),
            Window(FormattedTextControl(walk.detail), height=Dimension(weight=2), wrap_lines=True),
            Window(FormattedTextControl(_KEYS), height=1, style="reverse"),
        ]
    )
    Application(layout=Layout(body), key_bindings=keys, full_screen=True).run()
