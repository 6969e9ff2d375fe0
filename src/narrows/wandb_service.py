"""Where W&B logs to, settled once for all runs of a stage. Imports no torch."""

import netrc
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlparse

if TYPE_CHECKING:
    import wandb

Mode = Literal["online", "offline", "disabled", "shared"]
# The tracker that logs to W&B.
LOGGER = "narrows.tracking.wandb_logger"
_PROBE_SECONDS, _INIT_SECONDS, FINISH_SECONDS = 5, 15, 30
# What an agent of a W&B sweep tells the process that it starts. W&B has any run be the agent's, in
# that sweep, whatever identity it is given, as long as these are there.
_SWEEP, _AGENTS_RUN, _POINT = "WANDB_SWEEP_ID", "WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH"


def settings() -> "wandb.Settings":
    """Return how every W&B run is started: in little time, with nothing printed or looked up."""
    import wandb

    # These send reports on wandb's own errors, which would look the server up even when offline.
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    return wandb.Settings(
        init_timeout=_INIT_SECONDS,
        finish_timeout=FINISH_SECONDS,
        silent=True,
        console="off",
        disable_git=True,
        x_disable_stats=True,
        x_disable_machine_info=True,
        # A third of a second for each run; environment.json has what matters.
        x_save_requirements=False,
    )


def mode() -> Mode:
    """Return WANDB_MODE if it is set, else online if there is a login, else offline."""
    chosen: Any = os.environ.get("WANDB_MODE")
    return chosen or ("online" if has_login() else "offline")


def has_login() -> bool:
    """Tell whether W&B has a key for its server, in the environment or in the netrc file."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlparse(_server()).hostname or ""
    path = Path(os.environ.get("NETRC", "~/.netrc")).expanduser()
    try:
        return netrc.netrc(path).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def _server() -> str:
    return os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")


def agents_run() -> str | None:
    """Return the W&B run that a sweep's agent has made for this process; None without an agent."""
    return os.environ.get(_AGENTS_RUN) if os.environ.get(_SWEEP) else None


def share_service() -> None:
    """Start W&B's own process, for workers to share: one start for all runs.

    A server that does not answer is told once, not waited for by each run. An agent's one run is
    for `narrows train`: many runs, and what is made of runs, are W&B runs of their own.
    """
    import wandb

    for name in (_SWEEP, _AGENTS_RUN, _POINT):
        os.environ.pop(name, None)
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    if mode() == "online" and not _answers():
        tell_unreachable()
        os.environ["WANDB_MODE"] = "offline"
    wandb.setup(wandb.Settings(silent=True))


def start_run(name: str, folder: Path, **options: Any) -> "wandb.Run":
    """Start a W&B run that is no training, online or offline as those are.

    Args:
        name: its name and identity: one of the same name goes on.
        folder: for W&B's own files; made if it is not there.
        options: more of `wandb.init`.
    """
    import wandb

    folder.mkdir(parents=True, exist_ok=True)
    # Else W&B has copies of tables in the user's home.
    os.environ.setdefault("WANDB_DATA_DIR", str((folder / "wandb").resolve()))
    share_service()
    return wandb.init(
        id=name, name=name, dir=folder.resolve(), mode=mode(), resume="allow", settings=settings(),
        **options,
    )  # fmt: skip


def tell_unreachable() -> None:
    """Say in a line that nothing goes to the server now."""
    print("W&B cannot be reached; logging offline, see 'wandb sync'", file=sys.stderr)  # noqa: T201


def _answers() -> bool:
    try:
        urllib.request.urlopen(_server(), timeout=_PROBE_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
