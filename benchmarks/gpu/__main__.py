"""The command of scripts/gpu: pack, or run every part and write one JSON file. Needs nothing but Python itself."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.gpu import pack, run


def main() -> int:
    """Pack or run; exit code 0, 1 where a part failed or did not run, 2 for what cannot begin."""
    words = argparse.ArgumentParser(prog="scripts/gpu")
    words.add_argument("--pack", action="store_true", help="fetch the wheels that a bare machine lacks")
    words.add_argument("--python", default=f"{sys.version_info.major}.{sys.version_info.minor}", help="its Python")
    words.add_argument("--folder", type=Path, default=pack.FOLDER, help="where the pack lies")
    words.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    words.add_argument("--quick", action="store_true", help="small budgets, to try the check itself")
    words.add_argument("--parts", default=",".join(run.LIMITS), help="some of them, by comma")
    words.add_argument("--out", type=Path, default=Path(os.environ.get("OUT") or "."), help="where gpu.json goes")
    given = words.parse_args()
    try:
        if given.pack:
            sys.stdout.write(pack.make(given.folder, given.python) + "\n")
            return 0
        path = pack.ready(given.folder)
        return run.run(given.parts.split(","), given.device, given.quick, given.out, path)
    except (pack.Unfit, run.Unfit) as error:
        sys.stderr.write(f"scripts/gpu: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
