"""DVC stage: one configuration on several data sets: average ranks of its methods."""

import argparse
import sys
from pathlib import Path

from narrows.errors import exit_code
from narrows.report.overview import write_overview
from narrows.study.plan import studies_of


def main() -> None:
    """Write reports/NAME from the reports of all studies in conf/study/NAME.yaml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the file of studies, e.g. mulan")
    name = parser.parse_args().name
    write_overview(name, studies_of(name), Path("reports"))


if __name__ == "__main__":
    sys.exit(exit_code(main))
