"""Data sets of the Hugging Face hub, fetched by the package `datasets`, which is optional.

The package is imported where it is used alone. It keeps what it fetched as Arrow files, which are
read without it: see `encoded_images`.
"""

import importlib
import logging
import re
import sys
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from narrows.errors import UserError

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_MISSING = "dataset=hub needs the package datasets; pip install 'narrows[hub]'"
_UNREACHABLE = {
    "ConnectionError", "ConnectError", "TimeoutException", "TimeoutError", "HTTPError",
    "OfflineModeIsEnabled", "LocalEntryNotFoundError",
}  # fmt: skip


class Split(NamedTuple):
    """A split as the hub has it.

    Attributes:
        files: Arrow files with its rows, in order.
        rows: how many.
    """

    files: tuple[Path, ...]
    rows: int


class Source:
    """A data set of the hub, at one commit.

    Args:
        name: OWNER/NAME.
        builder: of the package `datasets`.
    """

    def __init__(self, name: str, builder: Any) -> None:
        self.name, self._builder = name, builder
        self.commit: str = builder.hash
        self.config: str = builder.config.name

    @property
    def features(self) -> dict[str, Any]:
        """What each column holds, as the package writes it down; fetches the data if it has to."""
        features: Any = self._builder.info.features
        if features is None:
            _ = self.splits
            features = self._builder.info.features
        return features.to_dict()

    @cached_property
    def splits(self) -> dict[str, Split]:
        """The splits, in the hub's order; the data is fetched unless it was before.

        Raises:
            UserError: if it cannot be fetched or read.
        """
        try:
            self._builder.download_and_prepare()
            loaded = self._builder.as_dataset()
        # The package and those below it raise nearly everything.
        except Exception as error:
            raise _told(self.name, error) from error
        return {
            str(split): Split(tuple(Path(f["filename"]) for f in data.cache_files), data.num_rows)
            for split, data in loaded.items()
        }

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The folders that fetched files lie in."""
        hub, settings = _import("huggingface_hub.constants"), _import("datasets").config
        places = (settings.HF_DATASETS_CACHE, settings.DOWNLOADED_DATASETS_PATH, hub.HF_HUB_CACHE)
        return tuple(dict.fromkeys(Path(place).resolve() for place in places))


@cache
def open_source(name: str, config: str | None, revision: str | None) -> Source:
    """Look a data set up on the hub, or in the package's cache where there is no network.

    Args:
        name: OWNER/NAME.
        config: a subset's name, or None for the only or default one.
        revision: a commit, branch or tag; None for the branch main.

    Raises:
        UserError: if the package is missing, or the data set cannot be found.
    """
    if not _NAME.fullmatch(name):
        raise UserError(f"dataset.name={name} is no name on the hub; write OWNER/NAME")
    library = _import("datasets")
    _quieten(library)
    try:
        # With hf:// a folder here that happens to be called so is not taken for it.
        builder = library.load_dataset_builder(f"hf://datasets/{name}", config, revision=revision)
    except Exception as error:
        raise _told(name, error) from error
    source = Source(name, builder)
    # Where there is no network, the package takes any commit that it has.
    if revision and _COMMIT.fullmatch(revision) and not source.commit.startswith(revision):
        raise UserError(
            f"{name}: the hub cannot be reached, and the copy here is of commit {source.commit}, "
            f"not {revision}; connect to the network, or give that commit as dataset.revision"
        )
    return source


def _import(name: str) -> Any:
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise UserError(_MISSING) from error
    # Python takes any folder of the name for a package without content.
    if module.__spec__ is not None and module.__spec__.origin is None:
        raise UserError(_MISSING)
    return module


def _quieten(library: Any) -> None:
    """Keep back what the package logs: what matters is told in one line. Its bars stay."""
    for package in (library, _import("huggingface_hub")):
        package.logging.set_verbosity(logging.CRITICAL)
    if not sys.stderr.isatty():
        library.disable_progress_bars()


def _told(name: str, error: Exception) -> Exception:
    """Return what to raise: an error of the package in one line, with the remedy."""
    chain = [error]
    while isinstance(chain[-1].__cause__, Exception):
        chain.append(chain[-1].__cause__)
    kinds = {kind.__name__ for link in chain for kind in type(link).__mro__}
    reason = " ".join(str(chain[-1]).split())[:300] or type(chain[-1]).__name__
    if "DatasetNotFoundError" in kinds:
        return UserError(
            f"{name} is not on the hub, or not for everybody; check the name and dataset.revision, "
            "or log in with `hf auth login`"
        )
    if kinds & _UNREACHABLE:
        return UserError(
            f"{name}: the hub cannot be reached; connect to the network, or bring along the folder "
            "HF_HOME of a machine that has fetched it"
        )
    if isinstance(chain[-1], OSError) and chain[-1].errno is not None:
        # Such as a full disk.
        return chain[-1]
    return UserError(f"{name} cannot be read ({reason}); {_remedy(reason)}")


def _remedy(reason: str) -> str:
    if "scripts are no longer supported" in reason:
        return "it is made by a program: try dataset.revision=refs/convert/parquet"
    if "onfig" in reason:
        return "name its subset with dataset.config=…"
    return "choose another dataset.revision, or see its page on the hub"
