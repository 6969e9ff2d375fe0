"""A stand-in for W&B's server: as much of its HTTP interface as its client asks for here.

It keeps what runs log, and hands the points of a sweep, which a test gives, to agents that ask. How
W&B chooses points is not here, and of artifacts there is no more than their names.
"""

import gzip
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ENTITY, PROJECT, SWEEP = "somebody", "narrows", "sweep1"
KEY = "0123456789abcdef" * 2 + "01234567"
_PROJECT = {"id": "p", "name": PROJECT, "entity": {"id": "e", "name": ENTITY}}
_OPERATION = re.compile(r"(?:query|mutation)\s+(\w+)")


@dataclass
class Logged:
    """What was logged to a run.

    Attributes:
        start: what its client said of it first: name, group, job type, sweep, config.
        history: the rows.
        summary: the last values.
        exit_code: how it ended; None while it goes on.
        artifacts: their names.
    """

    start: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    exit_code: int | None = None
    artifacts: list[str] = field(default_factory=list)


class WandbServer:
    """The state of the stand-in, and its answers.

    Args:
        points: what the sweep's runs are to try, one after another: option to value.
    """

    def __init__(self, points: list[dict[str, Any]]) -> None:
        self.points, self.url = points, ""
        self.sweep: str | None = None
        self.runs: dict[str, Logged] = {}
        self.given: list[str] = []
        self.asked: list[str] = []
        self.unknown: list[str] = []
        self.heartbeats: list[dict[str, bool]] = []

    def environment(self) -> dict[str, str]:
        """Return the variables with which W&B's client talks to this server."""
        return {
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": KEY,
            "WANDB_MODE": "online",
            "WANDB_ERROR_REPORTING": "false",
        }

    def answer(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        """Return the data for a GraphQL query."""
        found = _OPERATION.search(query)
        name = found.group(1) if found else query
        self.asked.append(name)
        method = getattr(self, f"on_{name.lower()}", None)
        if method is None:
            self.unknown.append(query)
            return {}
        return method(given)

    def on_viewer(self, given):
        teams = {"edges": []}
        of = {"id": "u", "entity": ENTITY, "username": ENTITY, "email": "", "flags": "{}"}
        return {"viewer": {**of, "teams": teams}}

    def on_upsertsweep(self, given):
        self.sweep = given["config"]
        return {
            "upsertSweep": {
                "sweep": {"name": SWEEP, "project": _PROJECT},
                "configValidationWarnings": [],
            }
        }

    def on_sweepwithruns(self, given):
        sweep = {"id": "s", "name": given["sweep"], "state": "RUNNING", "config": self.sweep}
        return {"project": {"sweep": {**sweep, "runs": {"edges": []}}}}

    def on_createagent(self, given):
        return {"createAgent": {"agent": {"id": "agent"}}}

    def on_heartbeat(self, given):
        running = json.loads(given["runState"])
        self.heartbeats.append(running)
        commands = [] if running else [self._next()]
        return {"agentHeartbeat": {"agent": {"id": given["id"]}, "commands": json.dumps(commands)}}

    def _next(self) -> dict[str, Any]:
        number = len(self.given)
        if number == len(self.points):
            return {"type": "exit"}
        self.given.append(f"made{number}")
        point = {name: {"value": value} for name, value in self.points[number].items()}
        return {"type": "run", "run_id": self.given[-1], "program": "narrows", "args": point}

    def on_runresumestatus(self, given):
        return {"model": {"id": "m", "name": PROJECT, "entity": _PROJECT["entity"], "bucket": None}}

    def on_upsertbucket(self, given):
        name = given["name"]
        new = name not in self.runs
        if new:
            self.runs[name] = Logged({**given, "config": json.loads(given["config"] or "{}")})
        bucket = {
            "id": name,
            "name": name,
            "displayName": given["displayName"],
            "sweepName": given.get("sweep"),
            "project": _PROJECT,
            "historyLineCount": 0,
        }
        return {"upsertBucket": {"bucket": bucket, "inserted": new}}

    def on_createrunfiles(self, given):
        files = [{"name": name, "uploadUrl": f"{self.url}/up/{name}"} for name in given["files"]]
        return {"createRunFiles": {"runID": given["run"], "uploadHeaders": [], "files": files}}

    def on_artifacttype(self, given):
        return {"project": {"artifact": None}}

    def on_serverfeaturesquery(self, given):
        return {"serverInfo": {"features": []}}

    def on_createartifact(self, given):
        made = given["input"]
        self.runs[made["runName"]].artifacts.append(made["artifactCollectionName"])
        sequence = {"latestArtifact": None}
        # So nothing has to be uploaded.
        artifact = {"id": "a", "state": "COMMITTED", "artifactSequence": sequence}
        return {"createArtifact": {"artifact": artifact}}

    def on_artifactbyid(self, given):
        return {"artifact": None}

    def stream(self, run: str, sent: dict[str, Any]) -> None:
        """Take in what a run streams."""
        logged = self.runs[run]
        files = sent.get("files") or {}
        for line in files.get("wandb-history.jsonl", {}).get("content", []):
            logged.history.append(json.loads(line))
        for line in files.get("wandb-summary.json", {}).get("content", []):
            logged.summary = json.loads(line)
        if sent.get("complete"):
            logged.exit_code = sent["exitcode"]


def _handler(server: WandbServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *given):
            pass

        def do_GET(self):
            self._reply({})

        def do_PUT(self):
            self._body()
            self._reply({})

        def do_POST(self):
            sent = json.loads(self._body() or b"{}")
            if self.path == "/graphql":
                self._reply({"data": server.answer(sent["query"], sent.get("variables") or {})})
            elif self.path.endswith("/file_stream"):
                server.stream(self.path.split("/")[-2], sent)
                self._reply({})
            else:
                server.unknown.append(self.path)
                self._reply({})

        def _body(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

        def _reply(self, content):
            data = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


class _Http(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """W&B's client resets the connections that it is done with."""


@contextmanager
def serving(points: list[dict[str, Any]]) -> Iterator[WandbServer]:
    """Serve on the loopback address while the block runs."""
    server = WandbServer(points)
    http = _Http(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
