"""Functions on varbinary values that DuckDB lacks."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import struct
import zlib
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from datalake_sdk.sql.duckdb.python_types import InvalidArgumentError, PythonFunction

_BLOB, _TEXT = "BLOB", "VARCHAR"


def _from_base32(text: str) -> bytes:
    try:
        return b32decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 8))
    except binascii.Error as error:
        raise InvalidArgumentError(f"Cannot decode '{text}' from base32") from error


def _from_base64url(text: str) -> bytes:
    try:
        if set("+/") & set(text):
            raise binascii.Error
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error as error:
        raise InvalidArgumentError(f"Cannot decode '{text}' from base64url") from error


def _to_base32(value: bytes) -> str:
    return b32encode(value).decode()


def _to_base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).decode()


def _crc32(value: bytes) -> int:
    return zlib.crc32(value)


def _sha512(value: bytes) -> bytes:
    return hashlib.sha512(value).digest()


def _hmac(digest: str) -> PythonFunction:
    return PythonFunction(lambda value, key: hmac.digest(key, value, digest), (_BLOB, _BLOB), _BLOB)


def _packing(layout: str, argument: str) -> PythonFunction:
    return PythonFunction(lambda value: struct.pack(layout, value), (argument,), _BLOB)


def _unpacking(layout: str, result: str) -> PythonFunction:
    size = struct.calcsize(layout)

    def unpacked(value: bytes) -> object:
        if len(value) != size:
            raise InvalidArgumentError(f"expected {size}-byte input, but got instead: {len(value)}")
        return struct.unpack(layout, value)[0]

    return PythonFunction(unpacked, (_BLOB,), result)


def _of_binary(body: Callable[[bytes], object], result: str) -> PythonFunction:
    return PythonFunction(body, (_BLOB,), result)


BINARY_FUNCTIONS = {
    "crc32": _of_binary(_crc32, "BIGINT"),
    "from_base32": PythonFunction(_from_base32, (_TEXT,), _BLOB),
    "from_base64url": PythonFunction(_from_base64url, (_TEXT,), _BLOB),
    "from_big_endian_32": _unpacking(">i", "INTEGER"),
    "from_big_endian_64": _unpacking(">q", "BIGINT"),
    "hmac_md5": _hmac("md5"),
    "hmac_sha1": _hmac("sha1"),
    "hmac_sha256": _hmac("sha256"),
    "hmac_sha512": _hmac("sha512"),
    "sha512": _of_binary(_sha512, _BLOB),
    "to_base32": _of_binary(_to_base32, _TEXT),
    "to_base64url": _of_binary(_to_base64url, _TEXT),
    "to_big_endian_32": _packing(">i", "INTEGER"),
    "to_big_endian_64": _packing(">q", "BIGINT"),
    "to_ieee754_32": _packing(">f", "FLOAT"),
    "to_ieee754_64": _packing(">d", "DOUBLE"),
}
"""Functions by their name in Athena."""
INTERNAL_BINARY_FUNCTIONS = {
    "double": _unpacking(">d", "DOUBLE"),
    "float": _unpacking(">f", "FLOAT"),
}
"""Functions that only macros call, by name."""
