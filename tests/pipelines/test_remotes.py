"""Results that are pushed are there in a second clone, in which nothing has to run again.

`pytest -m engine tests/pipelines/test_remotes.py`. S3 is moto's server, which the test starts:
`pip install -e '.[s3,servers]' -c constraints.txt`.
"""

from typing import NamedTuple

import pytest
from clones import STUDY, Clone

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("sharing")]


class Remote(NamedTuple):
    """Where results go: the remote's address, its options, and variables to reach it with."""

    url: str
    options: dict[str, str]
    environment: dict[str, str]


@pytest.fixture
def folder(tmp_path):
    """A folder that both clones see."""
    return Remote(str(tmp_path / "storage"), {}, {})


@pytest.fixture
def s3():
    """A bucket in a server on this machine."""
    for package in ("moto", "flask", "dvc_s3"):
        pytest.importorskip(package)
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url, keys = f"http://{host}:{port}", {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    given = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=url, **given).create_bucket(Bucket="results")
    yield Remote("s3://results/narrows", {"endpointurl": url}, keys)
    server.stop()


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_a_second_clone_has_the_results_and_runs_nothing(kind, studied, tmp_path, request):
    remote: Remote = request.getfixturevalue(kind)
    studied.environment |= remote.environment
    studied.dvc("remote", "add", "-d", kind, remote.url)
    for option, value in remote.options.items():
        studied.dvc("remote", "modify", kind, option, value)
    studied.commit(f"results are in a {kind}")
    studied.dvc("push")
    studied.run("git", "push", "-q", "origin", "HEAD")
    second = Clone.of_git(studied.folder.parent / "hub.git", tmp_path / "second")
    second.environment |= remote.environment
    second.dvc("pull", "--with-deps", STUDY)
    assert second.repro() == set()
    assert not (second.folder / "runs").exists()
    for path in (studied.folder / "reports/digits").iterdir():
        assert (second.folder / "reports/digits" / path.name).read_bytes() == path.read_bytes()
    assert second.run("git", "status", "--porcelain") == ""
