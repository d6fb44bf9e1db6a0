"""Bytes of a file, decompressed when its first bytes say so: the one way into every data file.

The name of a file proves nothing: gzip files are found under plain names and the other way round, so only
the magic bytes decide. Whatever is wrong with the content of a file is a ValueError that names the file;
only the operating system's own errors (no permission, disk failure) stay the OSErrors they are.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    import lzma

#: Bytes asked for at a time: large enough to be fast, small enough not to matter.
CHUNK = 1 << 20

#: No data file of these sets comes near this size once decompressed (CIFAR-10: 31 MB, Fashion-MNIST: 47 MB).
MAX_FILE_BYTES = 1 << 28

# An xz header may ask for a dictionary of up to 4 GiB; `xz -9` needs 65 MiB.
_XZ_MEMORY = 1 << 28

_GZIP, _XZ, _BZIP2 = b"\x1f\x8b", b"\xfd7zXZ\x00", b"BZh"


class Readable(Protocol):
    """What the tar reader and the bounded readers need of a stream."""

    @property
    def name(self) -> str:
        """What error messages call it."""

    def read(self, size: int) -> bytes:
        """Return between 1 and `size` bytes, or none at the end."""


class _XzReader:
    """`lzma.LZMAFile` with a limit on the memory a header can ask for."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._fed = b""
        self._decoder = self._new_decoder()

    @staticmethod
    def _new_decoder() -> lzma.LZMADecompressor:
        try:
            import lzma
        except ImportError as error:  # an optional module of Python
            raise ImportError(
                "xz files cannot be read: this Python was built without the module lzma"
            ) from error
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def read(self, size: int) -> bytes:
        while not self._decoder.eof or self._next_stream():
            data, self._fed = self._fed, b""
            if self._decoder.needs_input and not data:
                data = self._raw.read(CHUNK)
                if not data:
                    raise EOFError("the compressed data end before their end marker")
            out = self._decoder.decompress(data, max_length=size)
            if out:
                return out
        return b""

    def _next_stream(self) -> bool:
        """Go on to a further xz stream in the same file, over the zero bytes that may stand between."""
        rest = self._decoder.unused_data.lstrip(b"\0")
        while not rest:
            piece = self._raw.read(CHUNK)
            if not piece:
                return False
            rest = piece.lstrip(b"\0")
        self._fed, self._decoder = rest, self._new_decoder()
        return True


class Stream:
    """A file (or bytes) opened for reading, decompressed if it is gzip, xz or bzip2.

    Parameters
    ----------
    source : path or bytes
        The file, or its bytes.
    name : str, optional
        What error messages call it; the path by default.
    """

    def __init__(
        self, source: str | os.PathLike[str] | bytes | bytearray | memoryview, name: str = ""
    ) -> None:
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._file: BinaryIO = io.BytesIO(source)
            self.name = name or f"<{len(source)} bytes>"
        else:
            self._file = Path(source).open("rb")  # noqa: SIM115 - closed by close()
            self.name = name or os.fspath(source)
        try:
            magic = self._file.read(6)
            self._file.seek(0)
            self._reader, self.compression = _reader(self._file, magic)
        except BaseException:
            self._file.close()
            raise

    def read(self, size: int) -> bytes:
        """Return between 1 and `size` decompressed bytes, or none at the end."""
        try:
            return self._reader.read(size)
        except EOFError as error:
            raise ValueError(f"{self.name}: truncated {self.compression} data ({error})") from error
        except OSError as error:
            if error.errno is not None:  # the operating system's, not the decoder's
                raise
            raise ValueError(f"{self.name}: damaged {self.compression} data ({error})") from error
        except Exception as error:
            # zlib.error and lzma.LZMAError; naming them here would import their modules for plain files too
            if type(error).__module__ not in ("zlib", "_lzma"):
                raise
            raise ValueError(f"{self.name}: damaged {self.compression} data ({error})") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _reader(file: BinaryIO, magic: bytes) -> tuple[_Reader, str]:
    """Choose the decoder by the first bytes of the file."""
    if magic.startswith(_GZIP):
        import gzip

        return gzip.GzipFile(fileobj=file, mode="rb"), "gzip"
    if magic.startswith(_XZ):
        return _XzReader(file), "xz"
    if magic.startswith(_BZIP2):
        import bz2

        return bz2.BZ2File(file), "bzip2"
    return file, "plain"


def is_compressed(data: bytes | bytearray) -> bool:
    """Tell whether `data` begins with the magic bytes of gzip, xz or bzip2."""
    return bytes(data[:6]).startswith((_GZIP, _XZ, _BZIP2))


def read_up_to(stream: Readable, limit: int) -> bytearray:
    """Read at most `limit` bytes; the memory grows with what is there, never with what a header declares."""
    data = bytearray()
    while len(data) < limit:
        piece = stream.read(min(CHUNK, limit - len(data)))
        if not piece:
            break
        data += piece
    return data


def read_all(stream: Readable, max_bytes: int = MAX_FILE_BYTES) -> bytearray:
    """Read the rest of a stream, refusing more than `max_bytes`."""
    data = read_up_to(stream, max_bytes + 1)
    if len(data) > max_bytes:
        raise ValueError(f"{stream.name}: expected at most {max_bytes:,} bytes (decompressed), got more")
    return data
