"""`python -m benchmarks NAME …`: each benchmark is a module with a `main(arguments)`, imported when asked for."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "analysis": "benchmarks.analysis",
    "archive": "benchmarks.archive",
    "concurrency": "benchmarks.concurrency",
    "declared": "benchmarks.declared",
    "duplicates": "benchmarks.duplicates",
    "indexing": "benchmarks.indexing",
    "instruments": "benchmarks.instruments",
    "rescan": "benchmarks.rescan",
    "similar": "benchmarks.similar",
}


def main() -> None:
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        raise SystemExit(f"usage: python -m benchmarks {'|'.join(COMMANDS)} [--help]")
    import_module(COMMANDS[name]).main(arguments)


if __name__ == "__main__":
    main()
