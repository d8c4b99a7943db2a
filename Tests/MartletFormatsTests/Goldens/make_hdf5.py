"""Writes the HDF5 golden files beside it.

The contents are formulas that HDF5 tests have too; what is golden is how h5py writes them.

Last made with Python 3.11.7, h5py 3.16.0, HDF5 2.0.0, numpy 2.4.6:

    pip install h5py==3.16.0 numpy==2.4.6
    python3 make_hdf5.py
"""

import gzip
import os
import pathlib
import tempfile

import h5py
import numpy as np

here = pathlib.Path(__file__).parent


def golden(name, fill, **options):
    """A file that `fill` writes, compressed: HDF5 is mostly zeros."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file.h5")
        with h5py.File(path, "w", **options) as file:
            fill(file)
        data = pathlib.Path(path).read_bytes()
    (here / (name + ".h5.gz")).write_bytes(gzip.compress(data, mtime=0))


NUMBERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


def types(file):
    for kind in NUMBERS:
        values = np.arange(24).reshape(2, 3, 4) * 5 - (0 if kind[0] == "u" else 60)
        file.create_dataset("little/" + kind, data=values.astype("<" + kind))
        file.create_dataset("big/" + kind, data=values.astype(">" + kind))
    file["bool"] = np.array([[True, False, True]])
    file["scalar"] = np.float32(0.5)
    file["integer"] = np.int64(-(2**62) - 1)
    file["empty"] = np.zeros((0, 3), np.float32)
    file["null"] = h5py.Empty("f4")
    bits = np.array([0x3F80, 0xC000, 0x7F80], np.uint16)
    bfloat16 = file.create_dataset("bfloat16", data=bits.view("V2"))
    bfloat16.attrs["dtype"] = "bfloat16"
    space = h5py.h5s.create_simple((3,))
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    compact.set_obj_track_times(False)
    dataset = h5py.h5d.create(file.id, b"compact", h5py.h5t.STD_I32LE, space, compact)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([7, 8, 9], np.int32))
    file.create_dataset("texts", data=["a", "größe", "", "🐦" * 3], dtype=h5py.string_dtype())
    file["fixed"] = np.array([[b"ab", b"abcdef"], [b"", b"x"]])
    file["one text"] = "the only one"
    file.create_group("deep/er/and/deeper/still")["x"] = np.arange(3, dtype=np.int32)
    file.create_group("nothing")


def attributes(file):
    file.attrs["text"] = "größe 🐦"
    file.attrs["nothing"] = ""
    file.attrs["long"] = "0123456789" * 7000
    file.attrs["bytes"] = np.bytes_(b"fixed")
    file.attrs["ascii"] = np.array("plain", dtype=h5py.string_dtype("ascii"))
    file.attrs["texts"] = ["one", "two", "drei"]
    file.attrs["fixed texts"] = np.array([[b"one", b"three"]])
    file.attrs["empty list"] = []
    file.attrs["number"] = 3
    file.attrs["float"] = np.float32(1.5)
    file.attrs["matrix"] = np.arange(6, dtype=np.int16).reshape(2, 3)
    file.attrs["flag"] = np.bool_(True)
    file.attrs["größe"] = 2.5
    file.attrs["null"] = h5py.Empty("f8")
    group = file.create_group("group")
    group.attrs["own"] = "of the group"
    dataset = file.create_dataset("dataset", data=[1.0, 2.0])
    for index in range(7):
        dataset.attrs[f"a{index}"] = f"text {index}"


def many(file):
    """A group of 300 names and one of 3,000, all of the same dataset: trees of three levels."""
    file["values"] = np.arange(4, dtype=np.float32)
    for count in [300, 3000]:
        group = file.create_group(f"group{count}")
        for index in range(count):
            group[f"entry_{index}"] = file["values"]


def chunks(file):
    cube = np.arange(7 * 10 * 5, dtype="<i4").reshape(7, 10, 5) - 100
    file.create_dataset("gzip", data=cube, chunks=(3, 4, 5), compression="gzip")
    file.create_dataset("both", data=cube, chunks=(2, 10, 2), compression="gzip", shuffle=True)
    file.create_dataset("big", data=cube.astype(">i4"), chunks=(7, 3, 2), shuffle=True)
    file.create_dataset("plain", data=cube, chunks=(4, 4, 4))
    file.create_dataset("many", data=np.arange(1000, dtype="<f8"), chunks=(3,))
    file.create_dataset(
        "texts", data=["one", "two", "three"], dtype=h5py.string_dtype(), chunks=(2,),
        compression="gzip")
    file.create_dataset("room", data=[1, 2, 3], chunks=(1024,), maxshape=(None,), dtype="<i2",
                        compression="gzip")


def links(file):
    for name in ["größe", "кит", "ascii"]:
        group = file.create_group(name)
        group["x"] = len(name)


def hard_links(file):
    group = file.create_group("a/b")
    group["x"] = np.int32(4)
    file["c"] = group
    file["y"] = group["x"]


def loop(file):
    group = file.create_group("a/b")
    group["back"] = file["a"]


def doubling(file):
    """Two links to each group from the one above: two to the 40th paths."""
    group = file
    for _ in range(40):
        child = group.create_group("a")
        group["b"] = child
        group = child


def deep(file):
    file.create_group("/".join("x" * 100))


def soft_link(file):
    file["x"] = 1
    file["y"] = h5py.SoftLink("/x")


def external_link(file):
    file["y"] = h5py.ExternalLink("other.h5", "/x")


def dense_links(file):
    for index in range(12):
        file.create_group(f"größe{index}")


def dense_attributes(file):
    for index in range(3):
        file.attrs[f"a{index}"] = "x" * 10
    file.create_dataset("x", data=1, track_order=True)
    for index in range(40):
        file["x"].attrs[f"a{index}"] = index


def other(**options):
    return lambda file: file.create_dataset("x", **options)


golden("types", types)
golden("attributes", attributes)
golden("many", many)
golden("chunks", chunks)
golden("links", links)
golden("hard-links", hard_links)
golden("no-objects", lambda file: None)
golden("bad-loop", loop)
golden("bad-doubling", doubling)
golden("bad-deep", deep)
golden("bad-latest", lambda file: file.create_dataset("x", data=1), libver="latest")
golden("bad-soft-link", soft_link)
golden("bad-external-link", external_link)
golden("bad-dense-links", dense_links)
golden("bad-dense-attributes", dense_attributes)
golden("bad-lzf", other(data=np.arange(100), chunks=(10,), compression="lzf"))
golden("bad-unwritten", other(shape=(1 << 40,), dtype="f4"))
golden("bad-unwritten-chunks", other(shape=(1 << 20,), dtype="f4", chunks=(1 << 10,)))
golden("bad-complex", other(data=np.array([1j])))
golden("bad-record", other(data=np.zeros(2, [("a", "f4"), ("b", "i2")])))
golden("bad-reference", lambda file: file.attrs.__setitem__("x", file.ref))
golden("bad-list", other(shape=(2,), dtype=h5py.vlen_dtype(np.int32)))
golden("bad-user-block", lambda file: None, userblock_size=512)
