"""`reckon batch`: answer every row of a file."""

from __future__ import annotations

import argparse
import sys

from sandreckoner.cli.commands.eval import engine_named
from sandreckoner.cli.forecast import Forecast
from sandreckoner.core.budget import Budget
from sandreckoner.evals.run.batching import Progress, batch


def command(arguments: argparse.Namespace) -> int:
    """Answer the rows; 1 where some had to be set aside."""
    with Forecast(quiet=arguments.quiet) as forecast:

        def show(progress: Progress) -> None:
            aside = f", {progress.aside:,} set aside" if progress.aside else ""
            forecast.show(progress.part, f"{progress.done:,} rows{aside}")

        try:
            done = batch(
                arguments.source,
                arguments.out,
                strategy=arguments.strategy,
                model=arguments.model,
                budget=Budget(arguments.calls, arguments.tokens, arguments.usd, arguments.seconds),
                seed=arguments.seed,
                index=arguments.index,
                concurrency=arguments.concurrency,
                in_order=not arguments.any_order,
                resume=arguments.resume,
                engine=engine_named(arguments),
                progress=show,
            )
        except KeyboardInterrupt:
            print(f"\nreckon: what is finished is in {arguments.out}; go on with --resume", file=sys.stderr)
            raise
    print(f"reckon: {done.done:,} rows are in {arguments.out}", file=sys.stderr)
    if done.aside:
        print(f"reckon: {done.aside:,} of them are in {arguments.out}.errors instead", file=sys.stderr)
    return 1 if done.aside else 0
