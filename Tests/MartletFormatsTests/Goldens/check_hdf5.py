"""Asks h5py about the files that the tests of HDF5 writing expect, byte for byte.

    python3 check_hdf5.py            # about written.h5.gz and written-narrow.h5.gz
    python3 check_hdf5.py FILE...    # about others; if they are right, they become golden

Last run with Python 3.11.7, h5py 3.16.0, HDF5 2.0.0, numpy 2.4.6.
"""

import gzip
import pathlib
import sys
import tempfile

import h5py
import numpy as np

here = pathlib.Path(__file__).parent


def equal(got, expected, kind):
    assert got.dtype == np.dtype(kind), (got.dtype, kind)
    assert got.shape == np.shape(expected), (got.shape, expected)
    assert np.array_equal(got, expected), (got, expected)


def check(file):
    attributes = file.attrs
    assert sorted(attributes) == sorted([
        "text", "nothing", "long", "texts", "no texts", "empty list", "number", "matrix", "größe",
        "flag"])
    assert attributes["text"] == "größe 🐦"
    assert attributes["nothing"] == ""
    assert attributes["long"] == "0123456789" * 7000
    assert list(attributes["texts"]) == ["one", "", "drei"]
    assert attributes["no texts"].shape == (0,)
    equal(attributes["empty list"], np.zeros(0), "f8")
    assert attributes["number"] == 3 and attributes["number"].dtype == np.int64
    equal(attributes["matrix"], np.arange(6).reshape(2, 3), "i2")
    assert attributes["größe"] == 2.5
    equal(attributes["flag"], [True, False], "?")

    for name, dataset in file["numbers"].items():
        values = np.arange(24).reshape(2, 3, 4)
        if name == "bool":
            equal(dataset[()], values % 2 == 1, "?")
        else:
            equal(dataset[()], values * 5 - (0 if name[0] == "u" else 60), "<" + name)
    assert len(file["numbers"]) == 11
    equal(file["half"][()], [0.5, -1], "<f2")
    bits = file["bfloat16"]
    assert bits.dtype == np.dtype("V2") and bits.attrs["dtype"] == "bfloat16"
    equal(bits[()].view("<u2"), [[0x3F80], [0xC000]], "<u2")
    equal(file["scalar"][()], 0.5, "<f4")
    equal(file["empty"][()], np.zeros((0, 3)), "<f4")
    texts = file["texts"].asstr()[()]
    assert texts.tolist() == [["a", "größe"], ["", "🐦"]]
    equal(file["made"][()], np.arange(500), "<i4")
    assert file["made"].attrs["unit"] == "m"
    assert file["made"].attrs["scale"] == np.float32(1e-3)
    for name, group in file["many"].items():
        assert set(group) == {f"g{index}" for index in range(int(name))}
        assert all(len(group[child]) == 0 for child in group)
    assert sorted(map(int, file["many"])) == [8, 9, 256, 257]
    assert all(file[f"datasets/d{index}"][()] == index for index in range(300))
    equal(file["a/b/c/d/e"][()], [1], "i1")
    count = []
    file.visit(count.append)
    assert len(count) == 12 + 6 + 5 + 8 + 9 + 256 + 257 + 301 + 5, len(count)


def check_narrow(file):
    assert len(file["many"]) == 300
    assert all(file[f"many/d{index}"].asstr()[()] == str(index) for index in range(300))


def change(file, name):
    """The library must also be able to go on with the file."""
    for index in range(100):
        file[name].create_group(f"new{index}")
        del file[name][list(file[name])[index]]
    file.flush()


def check_changed(file, name, count):
    assert len(list(file[name])) == count and "new99" in file[name]


def change_data(file):
    del file["many/9"]
    file["texts"][0, 0] = "another text"
    file.attrs["text"] = "changed"
    file["made"][3] = 7


def check_data(file):
    assert file["texts"].asstr()[0, 0] == "another text" and file["made"][3] == 7
    assert file.attrs["text"] == "changed" and "9" not in file["many"]


def ask(path, is_narrow):
    name, count = ("many", 300) if is_narrow else ("many/257", 257)
    with h5py.File(path, "r") as file:
        check_narrow(file) if is_narrow else check(file)
    with h5py.File(path, "a") as file:
        change(file, name)
        if not is_narrow:
            change_data(file)
    with h5py.File(path, "r") as file:
        check_changed(file, name, count)
        if not is_narrow:
            check_data(file)


for source in [pathlib.Path(name) for name in sys.argv[1:]] or sorted(here.glob("written*.h5.gz")):
    data = source.read_bytes()
    if source.suffix == ".gz":
        data = gzip.decompress(data)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "written.h5"
        path.write_bytes(data)
        ask(path, "narrow" in source.name)
    if source.suffix != ".gz":
        (here / (source.name + ".gz")).write_bytes(gzip.compress(data, mtime=0))
    print(source.name, "is read as it should be, and can be changed")
