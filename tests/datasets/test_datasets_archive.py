"""Folders and tar archives: what is read out of them, and what hostile ones cannot do."""

import gzip
import io
import os
import random
import tarfile
import time
import tracemalloc

import pytest
from datasets_writers import COMPRESS, assert_same_dataset, mnist_files, tar_bytes, write_folder

from deeprob.datasets import load_mnist
from deeprob.datasets._archive import archive_names, members
from deeprob.datasets._stream import Stream
from deeprob.datasets._tar import entries

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def everything(path, **limits):
    return {name: bytes(data) for name, data in members(path, lambda _: True, **limits)}


def save(folder, data):
    path = folder / "archive"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("tar_format", FORMATS.values(), ids=FORMATS)
def test_every_kind_of_tar_is_read(tmp_path, compression, tar_format):
    files = {
        "empty": b"",
        "a.bin": b"x" * 511,
        "b.bin": b"y" * 512,
        "c.bin": b"z" * 513,
        "\u00fc.bin": b"umlaut",
    }
    assert everything(save(tmp_path, tar_bytes(files, compression, tar_format=tar_format))) == files


@pytest.mark.parametrize("tar_format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read(tmp_path, tar_format):
    files = {"n" * 150 + ".bin": b"long", "short": b"short"}
    data = tar_bytes(files, folder="folder/" * 40, tar_format=tar_format)
    assert everything(save(tmp_path, data)) == files


def test_a_tar_made_by_the_tar_program_is_read(tmp_path):
    import shutil
    import subprocess

    tar = shutil.which("tar")
    if tar is None:
        pytest.skip("no tar program here")
    files = mnist_files()
    write_folder(tmp_path / "folder" / "inner", files)
    for options in ("-cf", "-czf", "--format=v7 -cf", "--format=posix -cf", "--format=gnu -cf"):
        path = tmp_path / "made.tar"
        done = subprocess.run(
            [tar, *options.split(), str(path), "-C", str(tmp_path), "folder"], capture_output=True
        )
        if done.returncode == 0:  # not every tar knows every format
            assert everything(path) == files


def test_only_wanted_files_are_kept_and_compressed_ones_are_unpacked(tmp_path):
    files = {"wanted": gzip.compress(b"content"), "other": b"x"}
    for path in (save(tmp_path, tar_bytes(files)), write_folder(tmp_path / "folder", files)):
        assert {n: bytes(d) for n, d in members(path, lambda name: name == "wanted")} == {
            "wanted": b"content"
        }


def test_the_names_are_read_without_the_content(tmp_path):
    path = save(tmp_path, tar_bytes({"a": b"1", "b": b"2"}))
    assert list(archive_names(path)) == ["a", "b"]
    assert list(archive_names(save(tmp_path, b"no tar" * 1000))) == []


# Damage


@pytest.mark.parametrize("compression", COMPRESS)
def test_an_archive_cut_at_any_byte_is_a_value_error_unless_only_padding_is_lost(tmp_path, compression):
    plain = tar_bytes(mnist_files(train=2, test=2))
    needed = len(plain.rstrip(b"\0")) // 512 * 512 + 1024  # the last block with content and one end marker
    plain = plain[: needed + 100]
    data = COMPRESS[compression](plain)
    whole = load_mnist(save(tmp_path, data))
    for length in range(len(data)):
        if compression == "plain" and length >= needed:
            assert_same_dataset(load_mnist(save(tmp_path, data[:length])), whole)
            continue
        with pytest.raises(ValueError, match="archive"):
            list(entries(Stream(data[:length], "archive")))
        if length % 50 == 0:
            with pytest.raises(ValueError, match="archive"):
                load_mnist(save(tmp_path, data[:length]))


@pytest.mark.parametrize("tar_format", FORMATS.values(), ids=FORMATS)
def test_a_damaged_header_is_a_value_error(tar_format):
    data = tar_bytes({"file": b"content"}, tar_format=tar_format)
    for bit in range(8 * 512):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        if (
            8 * 148 <= bit < 8 * 156
        ):  # the checksum field: a flipped padding byte may leave its number as it is
            continue
        with pytest.raises(ValueError, match="checksum"):
            list(entries(Stream(flipped, "archive")))


def test_random_damage_gives_files_or_a_value_error_never_anything_else():
    rng = random.Random(0)
    seeds = [tar_bytes({"n" * 90: b"x" * 700, "b": b"y"}, tar_format=f) for f in FORMATS.values()]
    for _ in range(3000):
        data = bytearray(rng.choice(seeds))
        at = rng.randrange(2048)
        data[at : at + rng.randint(0, 8)] = rng.randbytes(rng.randint(0, 8))
        if rng.random() < 0.8:  # with a right checksum, so that the damage is seen by what comes after
            for block in range(0, 2048, 512):
                header = data[block : block + 512]
                if any(header[257:262]):
                    header[148:156] = b" " * 8
                    data[block + 148 : block + 156] = b"%06o\0 " % sum(header)
        try:
            for entry in entries(Stream(data, "archive")):
                entry.read(10)
        except ValueError as error:
            assert str(error).startswith("archive")  # noqa: PT017


# Hostile archives


def special(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, b""


HOSTILE = {
    "dot dot": [(tarfile.TarInfo("../../../escaped"), b"x")],
    "absolute": [(tarfile.TarInfo("/tmp/escaped"), b"x")],
    "dot dot with a wanted name": [(tarfile.TarInfo("../../train-labels-idx1-ubytes"), b"x")],
    "symlink": [special("train-images-idx3-ubyte", tarfile.SYMTYPE, "/etc/passwd")],
    "symlink to the parent": [
        special("link", tarfile.SYMTYPE, ".."),
        (tarfile.TarInfo("link/escaped"), b"x"),
    ],
    "hard link": [special("train-images-idx3-ubyte", tarfile.LNKTYPE, "/etc/passwd")],
    "hard link to a symlink": [
        special("link", tarfile.SYMTYPE, "/etc/passwd"),
        special("train-labels-idx1-ubyte", tarfile.LNKTYPE, "link"),
    ],
    "character device": [special("train-images-idx3-ubyte", tarfile.CHRTYPE)],
    "block device": [special("train-images-idx3-ubyte", tarfile.BLKTYPE)],
    "fifo": [special("train-images-idx3-ubyte", tarfile.FIFOTYPE)],
    "folder": [special("train-images-idx3-ubyte", tarfile.DIRTYPE)],
    "old folder": [(tarfile.TarInfo("train-images-idx3-ubyte/"), b"")],
    "unknown kind": [special("train-images-idx3-ubyte", b"Z")],
    "no name": [(tarfile.TarInfo(""), b"x")],
    "odd names": [
        (tarfile.TarInfo(name), b"x") for name in (".", "..", "/", "//", "a/", "\\", "C:\\escaped", "con")
    ],
}


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("extra", HOSTILE.values(), ids=HOSTILE)
def test_nothing_is_written_and_only_regular_files_are_read(tmp_path, monkeypatch, extra, compression):
    place = tmp_path / "a" / "b" / "c"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    path = save(tmp_path, tar_bytes(mnist_files(), compression, extra=extra))
    before = sorted(tmp_path.rglob("*"))
    data = load_mnist(path)
    assert sorted(tmp_path.rglob("*")) == before
    assert_same_dataset(data, load_mnist(write_folder(tmp_path / "folder", mnist_files())))


def test_a_name_twice_is_a_value_error(tmp_path):
    files, name = mnist_files(), "train-images-idx3-ubyte"
    twice = tar_bytes(files, extra=[(tarfile.TarInfo(f"other/{name}"), files[name])])
    with pytest.raises(ValueError, match="train-images-idx3-ubyte once in the archive, got it twice"):
        load_mnist(save(tmp_path, twice))


def raw_header(name=b"file", size=b"00000000000\0", kind=b"0", magic=b"ustar\00000"):
    header = bytearray(512)
    header[:4], header[124:136], header[156:157], header[257:265] = name, size, kind, magic
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


@pytest.mark.parametrize(
    "size",
    [
        b"77777777777\0",  # 8 GiB
        b"\x80" + b"\x7f" * 11,  # an absurd number in base 256
        b"\xff" * 11 + b"\x00",  # a negative one, on which `tarfile` went round in circles
        b"-0000000001\0",
        b"0x000000010\0",
        b"\0" * 12,
        b"99999999999\0",
    ],
)
def test_absurd_sizes_are_a_value_error(tmp_path, size):
    with pytest.raises(ValueError, match=r"file: expected a size of at most"):
        everything(save(tmp_path, raw_header(size=size) + bytes(1024)))


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_extended_headers_are_bounded(tmp_path, kind):
    data = raw_header(size=b"00100000000\0", kind=kind) + bytes(1 << 24)
    with pytest.raises(ValueError, match="extended header: expected at most 1,048,576 bytes, got 16,777,216"):
        everything(save(tmp_path, gzip.compress(data)))


@pytest.mark.parametrize(
    "pax",
    [
        b"0 path=x\n",
        b"-5 path=x\n",
        b"9999999999 path=x\n",
        b"12 path=xyzxyz\n",
        b"path=x\n",
        b"1" * 600,
        b"\0" * 20,
        b"11 size=-1\n",
        b"30 size=9999999999999999999\n  ",
        b"22 GNU.sparse.major=1\n",
    ],
)
def test_bad_pax_headers_are_a_value_error(tmp_path, pax):
    block = pax.ljust(-(-len(pax) // 512) * 512, b"\0")
    data = raw_header(size=b"%011o\0" % len(pax), kind=b"x") + block + raw_header() + bytes(1024)
    with pytest.raises(ValueError, match="archive"):
        everything(save(tmp_path, data))


def test_sparse_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="sparse"):
        everything(save(tmp_path, raw_header(kind=b"S") + bytes(1024)))


def traced(function):
    tracemalloc.start()
    try:
        start = time.process_time()
        with pytest.raises(ValueError, match="archive") as caught:
            function()
        return str(caught.value), tracemalloc.get_traced_memory()[1], time.process_time() - start
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["wanted", "other"])
def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused_with_little_memory(tmp_path, name):
    path = save(tmp_path, gzip.compress(tar_bytes({name: bytes(40 << 20)})))
    assert path.stat().st_size < 100_000

    def read():
        return list(members(path, lambda n: n == "wanted", max_bytes=1 << 20, max_total=1 << 25))

    message, memory, _ = traced(read)
    assert "expected a size of at most 33,554,432 bytes" in message
    assert memory < 8 << 20


def test_a_wanted_file_larger_than_its_limit_is_refused_with_little_memory(tmp_path):
    path = save(tmp_path, tar_bytes({"wanted": gzip.compress(bytes(40 << 20))}))
    message, memory, _ = traced(lambda: everything(path, max_bytes=1 << 20))
    assert "data/wanted: expected at most 1,048,576 bytes" in message
    assert memory < 8 << 20


def test_too_many_files_are_refused(tmp_path):
    data = gzip.compress(raw_header(name=b"none") * 12_000)
    message, memory, _ = traced(lambda: everything_but_keep_nothing(save(tmp_path, data)))
    assert "more than 10,000 files" in message
    assert memory < 8 << 20


def everything_but_keep_nothing(path):
    return list(members(path, lambda _: False))


def test_endless_zeros_after_the_archive_are_not_read_to_their_end(tmp_path):
    path = save(tmp_path, gzip.compress(tar_bytes({"a": b"1"}) + bytes(64 << 20)))
    message, memory, _ = traced(lambda: everything(path))
    assert "after the end of the tar archive" in message
    assert memory < 16 << 20


def test_a_folder_is_read_without_pipes_and_broken_links(tmp_path):
    folder = write_folder(tmp_path / "folder", mnist_files())
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "t10k-images-idx3-ubyte.gz")
        (folder / "t10k-images.idx3-ubyte").symlink_to("nowhere")
    (folder / "train-images.idx3-ubyte").mkdir()
    load_mnist(folder)


def test_errors_of_the_operating_system_stay_what_they_are():
    class Broken(io.BytesIO):
        def read(self, _size=-1):
            raise OSError(5, "Input/output error")

    stream = Stream(b"data", "file")
    stream._reader = Broken()
    with pytest.raises(OSError, match="Input/output"):
        stream.read(1)
