"""What the prompt of `make run`'s question is made of, in tokens of the embedded model.

    python -m benchmarks.models.prompt_parts --strategy figures "rag(pal)"

The prompt is the one that `reckon ask` sends over `examples/data`, by strategy; its last message is split at
each passage and table. The parts before it are the same for every question, and are read once.
"""

from __future__ import annotations

import argparse
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.models.first_answer import QUESTION
from sandreckoner.chains import chain
from sandreckoner.core.message import Message
from sandreckoner.llms import ChatGGUF
from sandreckoner.testing import ScriptedModel
from sandreckoner.tools.retrieval import open_library

DATA = Path(__file__).parent.parent.parent / "examples" / "data"
_PART = re.compile(r"^(?=\[\d+\] |t\d+ \()", re.MULTILINE)


def tokenizer(chat: ChatGGUF) -> Callable[[str], int]:
    """A function that counts the tokens of a text, as llama.cpp does."""
    address, key = chat.serving()

    def count(text: str) -> int:
        request = urllib.request.Request(
            f"{address}/tokenize",
            json.dumps({"content": text}).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return len(json.load(reply)["tokens"])

    return count


def prompt_of(strategy: str) -> tuple[Message, ...]:
    """The messages of the first completion that a strategy asks for."""
    model = ScriptedModel(["```python\nanswer = 4\n```"] * 20)
    with chain(strategy, model=model, library=open_library([DATA])) as asked:
        asked.invoke(QUESTION)
    return model.asked[0].messages


def parts(messages: tuple[Message, ...]) -> Iterator[tuple[str, str]]:
    """The name and text of each part."""
    for number, message in enumerate(messages[:-1]):
        yield f"{'instruction' if not number else f'example, {message.role}'}", message.content
    for text in _PART.split(messages[-1].content):
        yield text.partition("\n")[0][:60] or "question", text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--strategy", nargs="+", default=["figures", "rag(pal)"])
    arguments = parser.parse_args()
    chat = ChatGGUF()
    count = tokenizer(chat)
    for strategy in arguments.strategy:
        print(f"\n{strategy}")
        sizes = [(name, count(text)) for name, text in parts(prompt_of(strategy))]
        for name, size in sizes:
            print(f"{size:6}  {name}")
        print(f"{sum(size for _, size in sizes):6}  together, without the marks between messages")
    chat.close()


if __name__ == "__main__":
    main()
