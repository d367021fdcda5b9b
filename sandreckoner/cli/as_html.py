"""An answer as one page of HTML that needs nothing else: answer ← program ← numbers ← spans.

Everything on it that a model or a document wrote is escaped; the page holds no script.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from sandreckoner.core.answer import Answer, NumberSource
from sandreckoner.core.errors import UsageError
from sandreckoner.core.passage import Passage

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
.answer { font-size: 1.6em; font-weight: 600; } .dim { color: #666; } .wrong { color: #b00020; }
pre { background: #f6f6f4; padding: 1em; overflow-x: auto; white-space: pre-wrap; }
mark, a.number { border-radius: 3px; padding: 0 2px; text-decoration: none; color: inherit; }
.passage { background: #c8ecc8; } .question { background: #c6e6f2; } .constant { background: #e4e4e4; }
.unsourced { background: #ffb3b3; font-weight: 700; } mark:target { outline: 3px solid #2a7a2a; }
@media (prefers-color-scheme: dark) {
  body { background: #16181a; color: #ddd; } pre { background: #222; }
  mark, a.number { color: #111; }
}
"""


def write_page(path: str, answer: Answer, *, question: str) -> None:
    """Write the page to a file.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        Path(path).write_text(answer_page(answer, question=question), "utf-8")
    except OSError as fault:
        raise UsageError(f"html: {path} cannot be written: {fault.strerror}") from None


def answer_page(answer: Answer, *, question: str) -> str:
    """The whole page."""
    evidence = answer.winner.evidence if answer.winner else ()
    parts = [
        f"<p class=dim>{_text(question)}</p>",
        f"<p class=answer>{_text(answer.text or f'No answer ({answer.verdict})')}</p>",
        f"<p class=wrong>{_text(answer.reason)}</p>" if answer.reason else "",
        _program(answer),
        _numbers(answer.sources),
        _citations(answer),
        _passages(answer, evidence),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_text(question[:80])}</title><style>{_STYLE}</style>\n{body}\n</html>\n"
    )


def _program(answer: Answer) -> str:
    """The program, each of its numbers a link to its source."""
    winner = answer.winner
    if winner is None:
        return ""
    if not winner.program:
        return f"<h2>reasoning</h2><pre>{_text(winner.reasoning.strip())}</pre>"
    lines = winner.program.split("\n")
    for number, source in reversed(list(enumerate(answer.sources))):
        line = lines[source.line - 1] if source.line <= len(lines) else ""
        end = source.column + len(source.text)
        if line[source.column : end] == source.text:
            # Marked with characters that no program holds; they become tags once all is escaped.
            lines[source.line - 1] = f"{line[: source.column]}\0{number}\1{source.text}\2{line[end:]}"
    text = _text("\n".join(lines))
    for number, source in enumerate(answer.sources):
        tag = f'<a class="number {source.origin}" href="#number-{number}" title="{_text(source.note)}">'
        text = text.replace(f"\0{number}\1", tag)
    return f"<h2>program</h2><pre>{text.replace(chr(2), '</a>')}</pre>"


def _numbers(sources: tuple[NumberSource, ...]) -> str:
    items = []
    for number, source in enumerate(sources):
        where = "".join(f" <a href='#{_anchor(span)}'>{_place(span)}</a>" for span in source.passages)
        said = " · ".join(_text(part) for part in (source.quote, source.note) if part)
        items.append(
            f"<li id=number-{number}><mark class={source.origin}>{_text(source.text)}</mark> ← "
            f"{_text(source.origin)}{where}<br><span class=dim>{said}</span></li>"
        )
    return f"<h2>numbers</h2><ul>{''.join(items)}</ul>" if items else ""


def _citations(answer: Answer) -> str:
    items = []
    for citation in answer.citations:
        kind = "" if citation.verdict == "found" else " class=wrong"
        where = "".join(f" <a href='#{_anchor(span)}'>{_place(span)}</a>" for span in citation.passages)
        items.append(f"<li{kind}>[{citation.number}] {_text(citation.quote or citation.note)}{where}</li>")
    return f"<h2>citations</h2><ul>{''.join(items)}</ul>" if items else ""


def _passages(answer: Answer, evidence: tuple[Passage, ...]) -> str:
    """The passages, the spans that were used marked in them."""
    spans = [span for source in answer.sources if source.origin == "passage" for span in source.passages]
    spans += [span for citation in answer.citations if citation.quote for span in citation.passages]
    items = []
    for number, passage in enumerate(evidence, 1):
        head = f"[{number}] {_place(passage)}"
        items.append(f"<h3 id='{_anchor(passage)}'>{head}</h3><pre>{_marked(passage, spans)}</pre>")
    return f"<h2>passages</h2>{''.join(items)}" if items else ""


def _marked(passage: Passage, spans: list[Passage]) -> str:
    inside = {
        (span.start - passage.start, span.end - passage.start): span
        for span in spans
        if (span.source, span.page) == (passage.source, passage.page)
        and passage.start <= span.start < span.end <= passage.end
    }
    text, done = "", 0
    for start, end in sorted(inside):
        if start >= done:  # one that overlaps another is shown with it
            tag = f"<mark class=passage id='{_anchor(inside[start, end])}'>"
            text += f"{_text(passage.text[done:start])}{tag}{_text(passage.text[start:end])}</mark>"
            done = end
    return text + _text(passage.text[done:])


def _anchor(span: Passage) -> str:
    return escape(f"{span.source}:{span.page}:{span.start}-{span.end}".replace(" ", "_"), quote=True)


def _place(span: Passage) -> str:
    return _text(f"{span.source}, page {span.page}, {span.start}-{span.end}")


def _text(words: str) -> str:
    """Escaped; without the control characters that HTML forbids."""
    kept = "".join(sign for sign in words if sign in "\n\t\0\1\2" or ord(sign) >= 32)
    return escape(kept, quote=True)
