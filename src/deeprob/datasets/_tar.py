"""A small reader of tar streams that only ever reads.

The standard library's `tarfile` can be made to hang by negative sizes, to read extended headers of any
declared size into memory, and (`extract`) to write outside its folder, in Python versions this package
supports. Here nothing is written, no link is followed, and every size is checked before it is used: about a
page of code for the four kinds of header (v7, ustar, GNU long names, pax) that tar programs write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ._stream import CHUNK, Readable, read_up_to

_BLOCK = 512
_REGULAR = b"0\x007"  # regular, regular of the oldest tars, contiguous
_MAX_EXTENDED = 1 << 20
_MAX_ENTRIES = 10_000  # PROPS has 158
_MAX_PADDING = 1 << 22

#: No archive this package reads unpacks to more (CIFAR-10: 184 MB).
MAX_ARCHIVE_BYTES = 1 << 29


@dataclass
class Entry:
    """One regular file of the archive; `read` works until the next entry is asked for."""

    path: str
    size: int
    stream: Readable
    left: int

    @property
    def name(self) -> str:
        """What error messages call this file."""
        return f"{self.stream.name}: {self.path}"

    @property
    def basename(self) -> str:
        """The last component of the path: the only part of it that is ever used."""
        return self.path.rpartition("/")[2]

    def read(self, size: int) -> bytes:
        """Return between 1 and `size` bytes of the file, or none at its end."""
        if self.left == 0:
            return b""
        data = self.stream.read(min(size, self.left))
        if not data:
            raise ValueError(f"{self.name}: the archive ends {self.left:,} bytes before the end of this file")
        self.left -= len(data)
        return data


def looks_like_tar(head: bytes | bytearray) -> bool:
    """Tell whether 512 bytes are a tar header, by its checksum."""
    return len(head) >= _BLOCK and any(head[:_BLOCK]) and _checksum_holds(bytes(head[:_BLOCK]))


def entries(stream: Readable, max_total: int = MAX_ARCHIVE_BYTES) -> Iterator[Entry]:
    """Yield the regular files of a tar stream in order, skipping everything else.

    Raises
    ------
    ValueError
        If the stream is no tar archive, ends early, or asks for more than the limits.
    """
    extended: dict[str, str] = {}
    for _ in range(_MAX_ENTRIES):
        header = bytes(read_up_to(stream, _BLOCK))
        if len(header) == _BLOCK and not any(header):
            _read_padding(stream)
            return
        kind, entry = _parse(header, stream, max_total)
        max_total -= entry.size + _BLOCK
        if kind in b"LKxg":
            extended |= _extended(kind, entry)
        else:
            entry.path = extended.get("path", entry.path)
            if "size" in extended:
                entry.size = entry.left = _decimal(extended["size"], entry, max_total)
            extended = {}
            if kind in _REGULAR and not entry.path.endswith("/"):
                yield entry
        _skip(entry)
    raise ValueError(f"{stream.name}: more than {_MAX_ENTRIES:,} files in the archive")


def _parse(header: bytes, stream: Readable, max_total: int) -> tuple[bytes, Entry]:
    if len(header) < _BLOCK:
        raise ValueError(f"{stream.name}: the tar archive ends without its end marker (truncated?)")
    if not _checksum_holds(header):
        raise ValueError(f"{stream.name}: not a tar archive, or a damaged one (a header's checksum is wrong)")
    path = header[:100].partition(b"\0")[0].decode("utf-8", "replace")
    kind = header[156:157]
    if kind == b"S":
        raise ValueError(f"{stream.name}: {path}: sparse files are not supported")
    size = _number(header[124:136])
    if size is None or size > max_total:
        raise ValueError(
            f"{stream.name}: {path}: expected a size of at most {max_total:,} bytes in the tar header, "
            f"got {'none that can be read' if size is None else f'{size:,}'}"
        )
    return kind, Entry(path, size, stream, size)


def _checksum_holds(header: bytes) -> bool:
    plain = header[:148] + b" " * 8 + header[156:]
    stated, unsigned = _number(header[148:156]), sum(plain)
    # some old programs summed signed characters
    return stated == unsigned or stated == unsigned - 256 * sum(byte > 127 for byte in plain)


def _number(field: bytes) -> int | None:
    """Read an octal or (large) base-256 number; None for anything else, negative ones included."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip(b" ")
    return int(digits, 8) if digits and all(48 <= d <= 55 for d in digits) else None


def _decimal(text: str, entry: Entry, max_total: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= max_total):
        raise ValueError(f"{entry.name}: expected a size of at most {max_total:,} bytes, got {text[:40]!r}")
    return int(text)


def _extended(kind: bytes, entry: Entry) -> dict[str, str]:
    """Read the header that gives the next file a longer name (or a size); links' names are of no use here."""
    if entry.size > _MAX_EXTENDED:
        raise ValueError(
            f"{entry.name}: extended header: expected at most {_MAX_EXTENDED:,} bytes, got {entry.size:,}"
        )
    data = bytes(read_up_to(entry, entry.size))
    if kind == b"L":
        return {"path": data.partition(b"\0")[0].decode("utf-8", "replace")}
    if kind == b"x":
        return _pax(data, entry)
    return {}


def _pax(data: bytes, entry: Entry) -> dict[str, str]:
    fields: dict[str, str] = {}
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 12)
        digits = data[at:space] if space > 0 else b""
        end = at + int(digits) if digits.isdigit() else 0
        if not (space < end <= len(data) and data[end - 1 : end] == b"\n"):
            raise ValueError(f"{entry.name}: damaged pax header at its byte {at}")
        key, _, value = data[space + 1 : end - 1].partition(b"=")
        if key.startswith(b"GNU.sparse"):
            raise ValueError(f"{entry.name}: sparse files are not supported")
        if key in (b"path", b"size"):
            fields[key.decode()] = value.decode("utf-8", "replace")
        at = end
    return fields


def _skip(entry: Entry) -> None:
    while entry.read(CHUNK):
        pass
    padding = -entry.size % _BLOCK
    if len(read_up_to(entry.stream, padding)) < padding:
        raise ValueError(f"{entry.name}: the archive ends inside the padding after this file")


def _read_padding(stream: Readable) -> None:
    """Read on to the end of the file, so that a compressed archive's checksum is verified."""
    if len(read_up_to(stream, _MAX_PADDING + 1)) > _MAX_PADDING:
        raise ValueError(f"{stream.name}: more than {_MAX_PADDING:,} bytes after the end of the tar archive")
