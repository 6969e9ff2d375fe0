"""DVC stage: measure a network that restores pictures, on whole ones of published sets."""

import argparse
import sys

from narrows.errors import exit_code
from narrows.restoring.stages import measure_run, show


def main() -> None:
    """Write reports/restorations/NAME.json; or show it, and which run restores pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the restoration, e.g. denoiser")
    parser.add_argument("--show", action="store_true", help="show what was measured")
    given = parser.parse_args()
    (show if given.show else measure_run)(given.name)


if __name__ == "__main__":
    sys.exit(exit_code(main))
