from __future__ import annotations

import sys
from pathlib import Path

from taggers.training import render
from taggers.training.render.studio import make

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(render.__doc__)
    make(Path(sys.argv[1]), sys.argv[2:])
