"""The file format: what was written comes back, and nothing else is read."""

import hashlib
import json
import struct

import numpy as np
import pytest

from narrows.compressing.codec import Codec
from narrows.compressing.container import CodeFile, Header, size_of, write_codes
from narrows.compressing.quantizing import Uniform
from narrows.errors import UserError

RNG = np.random.default_rng(0)
CODES = RNG.normal(size=(9000, 3)).astype(np.float32)
CODEC = Codec.of(Uniform.of(CODES, np.ones(3), 0.3), CODES)


def written(path, codes, cuts=()):
    header = Header("0123456789abcdef", CODEC.identity, "8", len(codes))
    size = write_codes(path, header, CODEC, np.split(codes, cuts))
    assert size == path.stat().st_size == size_of(header, CODEC, codes)
    return header


@pytest.mark.parametrize("n", [1, 4096, 4097, 9000])
@pytest.mark.parametrize("cuts", [(), (1, 1, 700, 5000)])
def test_codes_come_back_quantized_however_they_were_handed_over(tmp_path, n, cuts):
    header = written(tmp_path / "c", CODES[:n], [cut for cut in cuts if cut < n])
    file = CodeFile.open(tmp_path / "c")
    assert file.header == header
    expected = CODEC.quantizer.codes(CODEC.quantizer.symbols(CODES[:n]))
    assert np.array_equal(np.concatenate(list(file.codes(CODEC))), expected)


def test_any_cut_and_any_changed_byte_is_refused(tmp_path):
    written(tmp_path / "c", CODES[:50])
    whole = (tmp_path / "c").read_bytes()
    broken = tmp_path / "broken"
    # Every byte of the first block's head and of the ends, and some between.
    places = [*range(200), *range(200, len(whole) - 40, 7), *range(len(whole) - 40, len(whole))]
    for stop in places[8:]:
        broken.write_bytes(whole[:stop])
        with pytest.raises(UserError, match="broken"):
            CodeFile.open(broken)
    for place in places[8:]:
        changed = bytearray(whole)
        changed[place] ^= 1 << (place % 8)
        broken.write_bytes(changed)
        with pytest.raises(UserError, match="broken"):
            CodeFile.open(broken)
    broken.write_bytes(whole + b"\0")
    with pytest.raises(UserError, match="broken or not whole"):
        CodeFile.open(broken)


def sealed(head, rest=b""):
    """A file with a right checksum around whatever."""
    body = b"narrows\x01" + head + rest
    return body + hashlib.sha256(body).digest()


HEADER = {"model": "a", "codec": "b", "bits": "8", "examples": 0}
MALICIOUS = {
    "a header longer than the file": sealed(struct.pack("<I", 4000), b"{}"),
    "a header of gigabytes": sealed(struct.pack("<I", 2**32 - 1), b"{}"),
    "no JSON": sealed(struct.pack("<I", 2), b"{{"),
    "no text": sealed(struct.pack("<I", 2), b"\xff\xfe"),
    "deep JSON": sealed(struct.pack("<I", 4000), b"[" * 4000),
    "no object": sealed(struct.pack("<I", 2), b"[]"),
    "other fields": sealed(struct.pack("<I", 2), b"{}"),
    "true for a number": {**HEADER, "examples": True},
    "a negative number": {**HEADER, "examples": -1},
    "a number too large": {**HEADER, "examples": 10**12},
    "a text too few": {**HEADER, "model": None},
}


@pytest.mark.parametrize("what", MALICIOUS)
def test_a_header_that_lies_is_refused_whatever_its_checksum(tmp_path, what):
    data = MALICIOUS[what]
    if isinstance(data, dict):
        text = json.dumps(data).encode()
        data = sealed(struct.pack("<I", len(text)), text)
    (tmp_path / "c").write_bytes(data)
    with pytest.raises(UserError, match="broken or not whole"):
        CodeFile.open(tmp_path / "c")


@pytest.mark.parametrize(
    "block",
    [(5000, 0, b""), (0, 0, b""), (10, 400, b"1234"), (10, 3, b"123"), (9, 4, b"1234")],
)
def test_blocks_that_do_not_fit_are_refused(tmp_path, block):
    rows, length, data = block
    text = json.dumps({**HEADER, "examples": 10}).encode()
    rest = text + struct.pack("<III", rows, length, 0) + data
    (tmp_path / "c").write_bytes(sealed(struct.pack("<I", len(text)), rest))
    with pytest.raises(UserError, match="broken or not whole"):
        CodeFile.open(tmp_path / "c")


def test_what_decodes_to_something_else_is_refused(tmp_path):
    written(tmp_path / "c", CODES[:100])
    other = Codec(CODEC.quantizer, [f[::-1].copy() for f in CODEC.frequencies])
    with pytest.raises(UserError, match="does not decode to what was written"):
        list(CodeFile.open(tmp_path / "c").codes(other))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"narrows\x02", b"\x93NUMPY\x01\x00" * 20])
def test_foreign_files_are_refused(tmp_path, data):
    (tmp_path / "c").write_bytes(data)
    with pytest.raises(UserError, match="is no file of codes"):
        CodeFile.open(tmp_path / "c")
    with pytest.raises(UserError, match="is not there"):
        CodeFile.open(tmp_path / "gone")
