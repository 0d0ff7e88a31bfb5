"""
Measures chanx against plain Channels, interleaved, and prints ratios.

The numbers of one run are comparable with each other only; the machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
    import django

    django.setup()
    from tests.benchmarks import broadcast, dispatch, scale
    from tests.benchmarks.peers import installed

    options = _parser().parse_args(arguments)
    if options.what == "dispatch":
        with installed([sys.executable, *options.peer_python]) as peers:
            tables = dispatch.measure(options.rounds or 15, options.messages, peers)
    elif options.what == "broadcast":
        tables = broadcast.measure(options.rounds or 7, options.members, options.layers)
    else:
        tables = scale.measure(options.rounds or 5)
    for table in tables:
        sys.stdout.write(f"{table}\n\n")
    if options.json:
        options.json.write_text(json.dumps([table.as_dict() for table in tables], indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--rounds", type=int, help="how often each subject is measured")
    common.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    one = commands.add_parser("dispatch", parents=[common], help="one connection, a request and its reply")
    one.add_argument("--messages", type=int, default=2000, help="messages in a round (2000)")
    one.add_argument(
        "--peer-python",
        action="append",
        default=[],
        metavar="PATH",
        help="an interpreter that has other packages to compare with; repeatable",
    )
    many = commands.add_parser("broadcast", parents=[common], help="one sender, many members of a group")
    many.add_argument("--members", type=int, nargs="+", default=[100, 1000])
    many.add_argument(
        "--layers", nargs="+", default=list(LAYERS), choices=LAYERS, help="where messages go through"
    )
    commands.add_parser("scale", parents=[common], help="connecting, idle connections, large classes")
    return parser


LAYERS = ("memory", "redis", "pubsub")

if __name__ == "__main__":
    main()
