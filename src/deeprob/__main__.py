"""The command ``deeprob``, also ``python -m deeprob``: the lecture's main job with a report."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn


class _Parser(argparse.ArgumentParser):
    """Answers a wrong option with one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def _at_least(low: int, high: int | None = None) -> Callable[[str], int]:
    def integer(text: str) -> int:
        value = int(text)
        if value < low or (high is not None and value > high):
            bounds = f"at least {low}" if high is None else f"in {low}..{high}"
            raise argparse.ArgumentTypeError(f"{text} given; expected an integer {bounds}")
        return value

    return integer


def _parser() -> argparse.ArgumentParser:
    from . import __version__

    parser = _Parser(
        prog="deeprob",
        description="Random search, a gradient check and gradient descent on an image set, as in the lecture "
        '"Regularization and Optimization", with the results beside what the slides say. Prints as it goes '
        "and writes one HTML report. Downloads nothing.",
        epilog="On the subset of Fashion-MNIST inside the package it takes seconds; on CIFAR-10 (50,000 "
        "images) minutes: --quick or --tries 100 shorten it. Exit codes: 0 done, 2 wrong option or data, "
        "130 Ctrl-C.",
    )
    parser.add_argument(
        "--data",
        default="fashion-mnist",
        metavar="NAME|PATH",
        help="fashion-mnist (the full set where it is found, else the subset inside the package), cifar10, "
        "props, or the path of a folder or archive (default: %(default)s)",
    )
    parser.add_argument(
        "--tries", type=_at_least(1), metavar="N", help="attempts of the random search (default: 1000)"
    )
    parser.add_argument(
        "--seed", type=_at_least(0, 2**32 - 1), default=0, metavar="N", help="default: %(default)s"
    )
    parser.add_argument(
        "--out",
        default=".",
        metavar="PATH",
        help="file (.html) or folder of the report (default: deeprob-report.html in the current folder)",
    )
    parser.add_argument("--quick", action="store_true", help="fewer tries (50) and steps")
    parser.add_argument("--no-report", action="store_true", help="only print")
    parser.add_argument("--threads", type=_at_least(1), metavar="N", help="default: what the machine offers")
    parser.add_argument("--version", action="version", version=f"deeprob {__version__}")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        The options; default those of the command line.

    Returns
    -------
    int
        The exit code: 0, 1 if standard output was closed, 2 for wrong data or an unwritable report, 130 after
        Ctrl-C.

    Raises
    ------
    SystemExit
        After ``--help``, ``--version`` (0) and wrong options (2).
    """
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(_parser().parse_args(given), shlex.join(["python", "-m", "deeprob", *given]))
    except KeyboardInterrupt:
        print("\ndeeprob: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # `deeprob | head`: nobody reads any more, and the interpreter should not complain at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(options: argparse.Namespace, command: str) -> int:
    from . import get_num_threads, set_num_threads
    from ._mainjob import files, job
    from ._mainjob.settings import Settings
    from ._mainjob.text import Transcript

    settings = Settings(options.data, options.tries, options.seed, options.quick)
    threads = get_num_threads()
    try:
        if options.threads is not None:
            set_num_threads(options.threads)
        report = None if options.no_report else files.report_path(options.out)
        job.run(settings, command, report, Transcript(sys.stdout))
    except files.CannotWrite as error:
        return _complain(f"argument --out: {error}")
    except job.NoData as error:
        return _complain(f"argument --data: {error}")
    finally:
        set_num_threads(threads)
    return 0


def _complain(message: str) -> int:
    line = " ".join(message.split())
    print(f"deeprob: error: {line.encode('ascii', 'backslashreplace').decode()}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
