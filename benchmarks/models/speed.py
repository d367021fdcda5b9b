"""How quickly a model reads and writes: one reply alone, and several samples of one prompt side by side.

    python benchmarks/models/speed.py hf:Qwen/Qwen2.5-Coder-7B-Instruct --samples 1 8 32

Medians of three, after one reply that loads the weights. A reply that ends by itself before `--tokens` counts
with the tokens that it has.
"""

from __future__ import annotations

import argparse
import statistics
import time

from sandreckoner.core.budget import Usage
from sandreckoner.core.effects import Ask
from sandreckoner.core.environment import Model
from sandreckoner.core.message import Message
from sandreckoner.llms import load_model

PROMPT = "The lamp turns and the sea is grey and the keeper counts the ships. " * 40
QUESTION = (Message("user", f"{PROMPT}\nGo on with the story, at great length."),)


def timed(model: Model, n: int, tokens: int) -> tuple[float, Usage]:
    """Seconds, and what was read and written."""
    start = time.perf_counter()
    replies = model.ask(Ask(QUESTION, n=n, temperature=1.0, seed=int(start), max_tokens=tokens))
    return time.perf_counter() - start, sum((one.usage for one in replies), Usage())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", help="as reckon models lists them")
    parser.add_argument("--samples", type=int, nargs="+", default=[1, 8], help="how many side by side")
    parser.add_argument("--tokens", type=int, default=128, help="longest reply")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    timed(model, 1, 1)
    reading = statistics.median(timed(model, 1, 1)[0] for _ in range(3))
    read = timed(model, 1, 1)[1].input_tokens
    print(f"reads {read} tokens in {reading:.3f} s: {read / reading:,.0f} a second")
    for n in arguments.samples:
        runs = [timed(model, n, arguments.tokens) for _ in range(3)]
        speed = statistics.median(used.output_tokens / max(taken - reading, 1e-9) for taken, used in runs)
        print(f"{n:3} side by side: {speed:,.1f} tokens a second together, {speed / n:,.1f} each")


if __name__ == "__main__":
    main()
