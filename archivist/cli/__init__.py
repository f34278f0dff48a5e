"""The command line: what it says is in `archivist --help`, what it does is in `archive`. No logic here.

One module for each theme of commands; importing them puts their commands into `app`, in this order.
"""

from archivist.cli import app as _app
from archivist.cli import examining, finding, indexing, repeating, saying, viewing  # noqa: F401 - the order of --help

main = _app.main
