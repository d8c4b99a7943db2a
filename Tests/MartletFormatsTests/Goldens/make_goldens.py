"""Writes the golden files beside it.

The contents are formulas that Support.swift has too; what is golden is how zlib, gzip, NumPy and
safetensors write them.

Last made with Python 3.11.7, zlib 1.2.13, numpy 2.4.6, safetensors 0.8.0:

    pip install numpy==2.4.6 safetensors==0.8.0
    python3 make_goldens.py
"""

import gzip
import pathlib
import struct
import zlib

import numpy
import safetensors.numpy

here = pathlib.Path(__file__).parent


def noise(count, seed):
    state, result = seed, bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        result.append(state >> 24)
    return bytes(result)


def fibonacci():
    """Byte k, k + 1 Fibonacci numbers deep: the code words reach 15 bits."""
    result, a, b = bytearray(), 1, 1
    for byte in range(19):
        result += bytes([byte]) * a
        a, b = b, a + b
    order = noise(len(result), 3)
    return bytes(byte for _, byte in sorted(zip(order, result), key=lambda pair: pair[0]))


def periods():
    """Runs of every period up to 40: every way to copy a match that overlaps itself."""
    result = b""
    for period in range(1, 41):
        result += noise(period, period) * (600 // period)
    return result


def far():
    """Matches at the largest distance, 32,768."""
    start = noise(300, 7)
    return start + bytes(32768 - 300) + start + bytes(32768 - 300) + start


def letters():
    return bytes(97 + byte % 7 * (byte % 5) for byte in noise(20000, 11))


contents = {
    "empty": b"",
    "one": b"a",
    "zeros": bytes(100_000),
    "noise": noise(5000, 1),
    "fibonacci": fibonacci(),
    "periods": periods(),
    "far": far(),
    "letters": letters(),
}
strategies = {
    "default": zlib.Z_DEFAULT_STRATEGY,
    "fixed": zlib.Z_FIXED,
    "huffman": zlib.Z_HUFFMAN_ONLY,
    "rle": zlib.Z_RLE,
}
containers = {"deflate": -15, "zlib": 15, "gz": 31}


def compress(data, level, strategy, window):
    compressor = zlib.compressobj(level, zlib.DEFLATED, window, 9, strategy)
    return compressor.compress(data) + compressor.flush()


def write(name, data):
    (here / name).write_bytes(data)


def member(data, flags, extra=b"", name=b"", comment=b""):
    header = b"\x1f\x8b\x08" + bytes([flags]) + struct.pack("<IBB", 1700000000, 2, 3)
    header += struct.pack("<H", len(extra)) + extra if flags & 4 else b""
    header += name + b"\0" if flags & 8 else b""
    header += comment + b"\0" if flags & 16 else b""
    header += struct.pack("<H", zlib.crc32(header) & 0xFFFF) if flags & 2 else b""
    body = compress(data, 6, zlib.Z_DEFAULT_STRATEGY, -15)
    return header + body + struct.pack("<II", zlib.crc32(data), len(data))


for content, data in contents.items():
    for strategy, number in strategies.items():
        levels = [6] if strategy != "default" else [1, 9]
        for level in levels:
            for container, window in containers.items():
                keep = strategy == "default" or container == "deflate"
                if keep and len(compress(data, level, number, window)) < 8000:
                    write(f"{content}-{level}-{strategy}.{container}",
                          compress(data, level, number, window))
write("noise-0-stored.deflate", compress(contents["noise"], 0, 0, -15))

text = contents["letters"][:1000]
write("letters-all-fields.gz",
      member(text, 4 | 8 | 16 | 2, b"MA\x02\x00ok", b"letters.txt", b"a comment"))
write("letters-two-members.gz",
      gzip.compress(text[:600], mtime=0) + member(text[600:], 8, name=b"rest"))

for code, kind in [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]:
    array = (numpy.arange(24) * 5 - 60 * (code != 8)).reshape(2, 3, 4).astype(kind)
    data = struct.pack(">HBB3I", 0, code, 3, 2, 3, 4) + array.tobytes()
    write(f"idx-{code:02x}.idx", data)
write("idx-0b.idx.gz", gzip.compress((here / "idx-0b.idx").read_bytes(), mtime=0))

tensors = {
    "weights/kernel": numpy.linspace(-1, 1, 6, dtype=numpy.float32).reshape(2, 3),
    "weights/bias": numpy.array([0.5, -0.25, 1e-40], dtype=numpy.float32),
    "exact": numpy.array([1 / 3, numpy.inf, -numpy.inf, -0.0], dtype=numpy.float64),
    "labels": numpy.array([[1, -2], [3, -4]], dtype=numpy.int32),
    "counter": numpy.array(2**62 + 1, dtype=numpy.int64),
    "pixels": numpy.arange(256, dtype=numpy.uint8),
    "mask": numpy.array([True, False, True]),
    "nothing": numpy.zeros((0, 3), dtype=numpy.float32),
    "größe \"x\"\n": numpy.array([7], dtype=numpy.int16),
}
write("tensors.safetensors", safetensors.numpy.save(tensors, {"made by": "make_goldens.py\t✓"}))
write("no-tensors.safetensors", safetensors.numpy.save({}))
