"""Progress bars on standard error; none when it is not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from klal.core.pipeline import STAGES
from klal.domain.language import Language

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class Watch:
    """Shows how far a command is: reading in bytes, analysing in stages.

    Parameters
    ----------
    language : Language
        Of the labels.
    bars : rich.progress.Progress or None
        Where to draw; None draws nothing.
    """

    def __init__(self, language: Language, bars: Bars | None) -> None:
        self._language, self._bars = language, bars
        self._task: TaskID | None = None

    def start(self, label: str, total: int | None) -> None:
        """Begin a bar."""
        if self._bars is not None:
            action = label.partition("_")[0]  # read_votes, read_statements, … are all reading
            self._task = self._bars.add_task(self._language.text(f"summary.progress.{action}"), total=total)

    def advance(self, amount: int) -> None:
        """Move the bar on."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, amount)

    def finish(self) -> None:
        """End the bar."""
        if self._bars is not None and self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None

    @contextmanager
    def stages(self) -> Iterator[Watch]:
        """Show one bar over the stages of the analysis."""
        self.start("analyse", len(STAGES))
        try:
            yield self
        finally:
            self.finish()

    def on_stage(self, _: str) -> None:
        """Count a stage that is done."""
        self.advance(1)


@contextmanager
def watching(language: Language) -> Iterator[Watch]:
    """Draw progress bars while the body runs, if somebody is looking.

    Parameters
    ----------
    language : Language
        Of the labels.

    Yields
    ------
    Watch
        To hand to readers and the pipeline.
    """
    if not sys.stderr.isatty():
        yield Watch(language, None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Watch(language, bars)
