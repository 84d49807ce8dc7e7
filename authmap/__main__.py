"""The console script, and `python -m authmap`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line.

    The process is short and creates many small objects but hardly any cycles. Garbage collection
    at startup and exit would take a fifth of the time of a small lint, so it is turned off.
    """
    gc.disable()
    try:
        from authmap.cli import main as run
    except ImportError as error:
        if error.name != "_ruamel_yaml":
            raise
        sys.stderr.write(f"authmap: error: {error}\n")
        sys.exit(2)

    try:
        run()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
