"""The console script, and `python -m authmap`."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line.

    It is a short process that makes many small objects and hardly a cycle of them: collecting
    garbage while it starts and when it ends would take a fifth of a small lint's time.
    """
    gc.disable()
    from authmap.cli import main as run

    try:
        run()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
