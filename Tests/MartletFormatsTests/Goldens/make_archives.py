"""Writes the golden archives and arrays beside it: how zipfile and NumPy write them.

Last made with Python 3.11.7, zlib 1.2.13, numpy 2.4.6:

    pip install numpy==2.4.6
    python3 make_archives.py
"""

import io
import pathlib
import zipfile

import numpy as np

here = pathlib.Path(__file__).parent
TIME = (2024, 2, 29, 12, 34, 56)


def noise(count, seed):
    state, result = seed, bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        result.append(state >> 24)
    return bytes(result)


def archive(members, comment=b"", stream=False, **options):
    buffer = io.BytesIO()
    # Where the file cannot be sought, sizes stand behind the members.
    target = Unseekable(buffer) if stream else buffer
    with zipfile.ZipFile(target, "w") as file:
        file.comment = comment
        for name, data, method in members:
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type = method
            with file.open(info, "w", **options) as member:
                member.write(data)
    return buffer.getvalue()


class Unseekable:
    def __init__(self, buffer):
        self.buffer = buffer

    def write(self, data):
        return self.buffer.write(data)

    def flush(self):
        pass


STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED

if __name__ == "__main__":
    members = [
        ("metadata.json", b'{"a": 1}', STORED),
        ("zeros", bytes(100_000), DEFLATED),
        ("größe/🐦.bin", noise(500, 1), DEFLATED),
        ("empty", b"", DEFLATED),
        ("folder/", b"", STORED),
    ]
    golden = {
        "plain.zip": archive(members),
        "streamed.zip": archive(members, stream=True, comment=b"PK\5\6 is a comment"),
        "wide.zip": archive(members, force_zip64=True),
        "empty.zip": archive([]),
    }
    for name, data in golden.items():
        (here / name).write_bytes(data)

    arrays = {}
    for kind in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
        values = np.arange(24).reshape(2, 3, 4) * 5 - (0 if kind[0] == "u" else 60)
        arrays[kind] = values.astype("<" + kind)
    arrays["scalar"] = np.float32(0.5)
    arrays["empty"] = np.zeros((0, 3), np.float32)
    arrays["big"] = arrays["i4"].astype(">i4")
    arrays["fortran"] = np.asfortranarray(arrays["i4"])
    arrays["big fortran"] = np.asfortranarray(arrays["f8"].astype(">f8"))
    arrays["größe"] = np.arange(3.0)
    np.savez(here / "arrays.npz", **arrays)
    np.savez_compressed(here / "arrays-compressed.npz", **arrays)
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(here / f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, arrays["i2"], version=version)
    for name, array in {
        "text": np.array(["ab", "c"]),
        "bytes": np.array([b"ab", b"c"]),
        "object": np.array([1, "a"], dtype=object),
        "complex": np.array([1j]),
        "record": np.zeros(2, [("a", "f4"), ("b", "i2")]),
        "date": np.array(["2024-02-29"], "M8[D]"),
    }.items():
        np.save(here / f"bad-{name}.npy", array, allow_pickle=True)
