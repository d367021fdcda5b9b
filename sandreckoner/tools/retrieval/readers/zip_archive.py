"""Check the ZIP archive of a Word or Excel file before it is parsed."""

from __future__ import annotations

import io
import zipfile

MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
_OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0"


def check_package(data: bytes, kind: str) -> None:
    """Refuse archives that a parser must not unpack.

    Raises:
        ValueError: the file is encrypted, damaged, or would unpack to more than 1 GB.
    """
    if data.startswith(_OLD_OR_ENCRYPTED):
        raise ValueError(f"needs a password or is a {kind} of before 2007: save it anew without one")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        raise ValueError(f"is not a {kind}, or is damaged") from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise ValueError(f"would unpack to {unpacked / 2**20:,.0f} MB: too large")
