"""The command line: what it says is in `archivist --help`, what it does is in `archive`. No logic here.

One module for each theme of commands; importing them puts their commands into `app`, in this order.
"""

try:
    from archivist.cli import app as _app
    from archivist.cli import (  # noqa: F401 - the order of --help
        benchmarking,
        examining,
        finding,
        indexing,
        keeping,
        listing,
        moving,
        repeating,
        reporting,
        saying,
        viewing,
    )
except KeyboardInterrupt:  # this takes half a second and more, in which nothing else could catch it
    raise SystemExit(130) from None

main = _app.main
