"""Writes the golden arrays of lists of integers beside it, as NumPy and Python have pickled them.

Last made with Python 3.11.7, numpy 2.4.6, and numpy 1.26.4 in a folder of its own:

    pip install numpy==2.4.6
    pip install --target FOLDER numpy==1.26.4
    python3 make_lists.py FOLDER
"""

import io
import os
import pathlib
import pickle
import struct
import subprocess
import sys

import numpy as np

here = pathlib.Path(__file__).parent

lists = [
    [], [0], [255, 256], [65535, 65536], [-1, 2**31 - 1, -(2**31)],
    [2**31, 2**40, 2**63 - 1, -(2**63), -129], list(range(1, 2003)),
] + [[i, -i] for i in range(1010)]  # fmt: skip


def objects(values):
    array = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        array[index] = value
    return array


def file(array, protocol=None):
    """The file that numpy.save writes, with a pickle of a protocol."""
    out = io.BytesIO()
    if protocol is None:
        np.save(out, array, allow_pickle=True)
    else:
        np.lib.format.write_array_header_1_0(out, np.lib.format.header_data_from_array_1_0(array))
        out.write(pickle.dumps(array, protocol=protocol))
    return out.getvalue()


def python2(values):
    """What Python 2 wrote: byte strings for texts, and a memo that counts from 1."""
    memo = iter(range(1, 1000000))

    def put():
        number = next(memo)
        return b"q" + bytes([number]) if number < 256 else b"r" + struct.pack("<I", number)

    def integer(value):
        if 0 <= value < 256:
            return b"K" + bytes([value])
        if 0 <= value < 65536:
            return b"M" + struct.pack("<H", value)
        if -(2**31) <= value < 2**31:
            return b"J" + struct.pack("<i", value)
        size = (value if value >= 0 else ~value).bit_length() // 8 + 1
        return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)

    def batches(items, write):
        out = b""
        for start in range(0, len(items), 1000):
            batch = items[start : start + 1000]
            if len(batch) == 1:
                out += write(batch[0]) + b"a"
            else:
                out += b"(" + b"".join(write(item) for item in batch) + b"e"
        return out

    def one(value):
        return b"]" + put() + batches(value, integer)

    body = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n" + put()
    body += b"cnumpy\nndarray\n" + put() + b"K\x00\x85U\x01b\x87R" + put()
    body += b"(K\x01" + integer(len(values)) + b"\x85cnumpy\ndtype\n" + put()
    body += b"U\x02O8K\x00K\x01\x87R" + put() + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
    body += b"K?tb\x89]" + put() + batches(values, one) + b"tb."
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, np.lib.format.header_data_from_array_1_0(objects(values))
    )
    return header.getvalue() + body


files = {
    "lists-numpy2.npy": file(objects(lists)),
    "lists-protocol2.npy": file(objects(lists), 2),
    "lists-protocol5.npy": file(objects(lists), 5),
    "lists-python2.npy": python2(lists),
    "lists-empty.npy": file(objects([])),
    "bad-lists-floats.npy": file(objects([[1, 2.5]])),
    "bad-lists-numbers.npy": file(objects([1, 2])),
    "bad-lists-deep.npy": file(objects([[[1]], [2]])),
    "bad-lists-numpy.npy": file(objects([[np.int64(1)]])),
    "bad-lists-huge.npy": file(objects([[2**64]])),
    "bad-lists-table.npy": file(np.array([[1, 2], [3, 4]], dtype=object)),
}


class Program:
    def __reduce__(self):
        return os.system, ("true",)


files["bad-lists-program.npy"] = file(objects([[1], Program()]))
itself = [1]
itself.append(itself)
files["bad-lists-itself.npy"] = file(objects([itself]))

if len(sys.argv) > 1:
    # The same function under the older NumPy.
    code = f"import numpy as np, sys; exec(open({__file__!r}).read().split('files = {{')[0]); "
    code += "sys.stdout.buffer.write(file(objects(lists)))"
    files["lists-numpy1.npy"] = subprocess.run(
        [sys.executable, "-c", "__file__ = '.'; " + code],
        env={"PYTHONPATH": sys.argv[1]}, capture_output=True, check=True,
    ).stdout  # fmt: skip

for name, content in files.items():
    # What Python itself reads is what a test expects.
    if name.startswith("lists-") and name != "lists-empty.npy":
        read = np.load(io.BytesIO(content), allow_pickle=True, encoding="latin1")
        assert [list(v) for v in read] == lists, name
    (here / name).write_bytes(content)
    print(name, len(content))
