"""Files from the network: whole and with the checksum that was published, or not there."""

import hashlib
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

from narrows.errors import UserError
from narrows.files import replacing
from narrows.progress import Display
from narrows.readers.places import DATA_VARIABLE

MAX_BYTES = 2 << 30
_SCHEMES = ("https",)
_TIMEOUT_SECONDS = 30.0
_CHUNK = 1 << 18
_MB = 1e6


class _DownloadError(Exception):
    """A download failed: its text says why."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but not to another kind of address, such as of a local file."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: HTTPMessage, newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        """Return the next request, after a look at where it goes."""
        if urlsplit(newurl).scheme not in _SCHEMES:
            fp.close()
            raise _DownloadError(f"it leads to {newurl}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, path: Path, checksum: str, max_bytes: int = MAX_BYTES) -> None:
    """Download a file to `path`, and keep it only if it has the checksum.

    Args:
        url: of the file; https.
        path: where it shall be; there is nothing before it is whole.
        checksum: the name of the hash and its hexadecimal value, such as 'sha256:…' or 'md5:…'.
        max_bytes: what is larger is not the file.

    Raises:
        UserError: if it cannot be had: it names the address and the remedy.
    """
    hash_name, _, wanted = checksum.partition(":")
    digest = hashlib.new(hash_name, usedforsecurity=False)
    with replacing(path) as temporary, temporary.open("wb") as file:
        try:
            for chunk in _chunks(url, max_bytes):
                digest.update(chunk)
                file.write(chunk)
            if digest.hexdigest() != wanted:
                raise _DownloadError(f"its {hash_name} is {digest.hexdigest()}, not {wanted}")
        except _DownloadError as error:
            raise UserError(
                f"{url} could not be downloaded: {error}; try again, "
                f"or fetch the file by other means and put it at {path}, or into a folder and set "
                f"{DATA_VARIABLE} to it"
            ) from error


def _chunks(url: str, max_bytes: int) -> Iterator[bytes]:
    """Yield the content piece by piece, showing how far it is.

    Raises:
        _DownloadError: if it does not come, whole and within the limit.
    """
    if urlsplit(url).scheme not in _SCHEMES:
        raise _DownloadError("the address is not https")
    done = 0
    try:
        with closing(_open(url)) as response:
            length = int(response.headers.get("Content-Length") or 0)
            if length > max_bytes:
                raise _DownloadError(f"it has {length:,} bytes, more than {max_bytes:,}")
            megabytes = int(length // _MB) + 1
            with Display(f"downloading {url}", megabytes, "MB") as display:
                while chunk := response.read(_CHUNK):
                    done += len(chunk)
                    if done > max_bytes:
                        raise _DownloadError(f"it has more than {max_bytes:,} bytes")
                    yield chunk
                    if length:
                        finished = megabytes if done == length else int(done // _MB)
                        display.show(min(done / length * megabytes, megabytes), finished)
    except HTTPError as error:
        error.close()
        raise _DownloadError(_line(f"the server said {error.code} {error.reason}")) from error
    # A header that is no number is a ValueError.
    except (OSError, HTTPException, ValueError) as error:
        # What urllib wraps says it better.
        cause = getattr(error, "reason", error)
        raise _DownloadError(_line(str(cause)) or type(error).__name__) from error
    if done < length:
        raise _DownloadError(f"it was cut off after {done:,} of {length:,} bytes")


def _line(text: str) -> str:
    """Return what a server said as a short line that can be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _open(url: str) -> Any:
    """Return the server's response to a request for `url`."""
    request = urllib.request.Request(url, headers={"User-Agent": "narrows"})  # noqa: S310
    return urllib.request.build_opener(_SafeRedirects).open(request, timeout=_TIMEOUT_SECONDS)
