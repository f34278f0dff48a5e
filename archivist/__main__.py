"""`python -m archivist` is `archivist`."""

from archivist.cli import main

if __name__ == "__main__":  # worker processes import this module again
    main()
