"""A small data set and a scripted model that answers it, some of it wrongly."""

from __future__ import annotations

import json
from pathlib import Path

from sandreckoner.tools.retrieval import open_index

QUESTIONS = {
    "What is 17 plus 4?": "21",
    "What is 12 times 12?": "144",
    "What is 100 minus 58?": "42",
    "What is 81 divided by 9?": "9",
}


def write_questions(folder: Path) -> Path:
    path = folder / "sums.jsonl"
    rows = [
        {"id": f"sum-{place}", "question": question, "answer": answer}
        for place, (question, answer) in enumerate(QUESTIONS.items())
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def reply_to(question: str) -> str:
    """A program that is right, and below it a sentence that is wrong about one of the four."""
    answer = QUESTIONS[question]
    said = "8" if answer == "9" else answer
    return f"```python\ndef solution():\n    return {answer}\n```\nThe answer is {said}."


def write_script(folder: Path) -> Path:
    """The scripted model's file: direct prompting reads the sentence, `pal` runs the program."""
    path = folder / "script.jsonl"
    replies = [{"when": question, "text": reply_to(question)} for question in QUESTIONS]
    path.write_text("".join(json.dumps(reply) + "\n" for reply in replies))
    return path


def write_index(folder: Path) -> tuple[str, Path]:
    """An index of one note, and the script of a model that knows its number only where the note is shown."""
    (folder / "note.txt").write_text("Net sales of Northwell were 8412 in 2021.\n")
    with open_index(str(folder / "index"), make=True) as index:
        index.add([folder / "note.txt"])
    script = folder / "reader.jsonl"
    reply = {"when": "Northwell were 8412", "text": "```python\ndef solution():\n    return 8412 / 2\n```"}
    script.write_text(json.dumps(reply) + "\n")
    return str(folder / "index"), script
