"""How far a comparison of regularizers is: a line for each method, on a terminal one for each run too."""

import sys
import time

from .result import RegularizerRuns


class Progress:
    """Prints, if it is to, and knows how long the rest will take if all runs take as long as those so far."""

    def __init__(self, show: bool, total: int) -> None:
        self.show, self.total, self.done = show, total, 0
        self.begin = time.perf_counter()

    def after_run(self, name: str, seed: int) -> None:
        """Count a run; on a terminal tell it, in a line that the next one replaces."""
        self.done += 1
        if self.show and sys.stdout.isatty():
            print(f"\033[K{name}, seed {seed}; {self._left()}", end="\r", flush=True)

    def after_method(self, runs: RegularizerRuns) -> None:
        """Tell what a method reached."""
        if not self.show:
            return
        accuracy, gap = (runs.estimate(metric).mean for metric in ("test_accuracy", "loss_gap"))
        clear = "\033[K" if sys.stdout.isatty() else ""
        spent = time.perf_counter() - self.begin
        told = f"test accuracy {accuracy:.4f}, loss gap {gap:.4f}; {spent:.0f} s"
        print(f"{clear}{runs.name + ':':18}{told}, {self._left()}", flush=True)

    def _left(self) -> str:
        spent = time.perf_counter() - self.begin
        return f"about {spent * (self.total - self.done) / self.done:.0f} s to go"
