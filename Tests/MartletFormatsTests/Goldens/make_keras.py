"""Writes the golden files of Keras beside it, and what h5py finds in them.

`keras.keras` is a model with the optimizer's state, `keras-legacy.h5.gz` the same model in the
older format; `keras.txt` lists their groups, datasets and attributes with a CRC-32 of the data.

Last made with Python 3.11.7, keras 3.15.1, jax 0.10.2, h5py 3.16.0, numpy 2.4.6:

    pip install keras==3.15.1 jax==0.10.2 h5py==3.16.0 numpy==2.4.6
    python3 make_keras.py
"""

import gzip
import io
import os
import pathlib
import tempfile
import zipfile
import zlib

os.environ["KERAS_BACKEND"] = "jax"

import h5py
import keras
import numpy as np

here = pathlib.Path(__file__).parent


def line(value):
    """A value of text or numbers, on one line."""
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        texts = [text.decode() if isinstance(text, bytes) else str(text) for text in array.ravel()]
        data = "\0".join(texts).encode()
        kind = "text"
    else:
        data = array.tobytes()
        kind = array.dtype.name
    shape = "x".join(map(str, array.shape))
    return f"{kind} [{shape}] {zlib.crc32(data):08x}"


def listing(file):
    lines = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            lines.append(f"{name} {line(item[()])}")
        else:
            lines.append(f"{name}/")
        for key, value in item.attrs.items():
            lines.append(f"{name} @{key} {line(value)}")

    visit("", file)
    file.visititems(visit)
    return sorted(lines)


keras.utils.set_random_seed(1)
inputs = keras.Input((4, 3), name="text")
x = keras.layers.LSTM(2)(inputs)
x = keras.layers.BatchNormalization()(x)
x = keras.layers.Dense(3, activation="relu", name="größe")(x)
outputs = keras.layers.Dense(1)(keras.layers.Dropout(0.5)(x))
model = keras.Model(inputs, outputs, name="small")
model.compile("adam", "mse")
model.fit(np.ones((2, 4, 3)), np.ones((2, 1)), verbose=0)

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "model.keras"
    model.save(path)
    archive = path.read_bytes()
    legacy = pathlib.Path(folder) / "model.h5"
    model.save(legacy)
    old = legacy.read_bytes()
(here / "keras.keras.gz").write_bytes(gzip.compress(archive, mtime=0))
(here / "keras-legacy.h5.gz").write_bytes(gzip.compress(old, mtime=0))

lines = []
with zipfile.ZipFile(io.BytesIO(archive)) as file:
    for info in file.infolist():
        lines.append(f"{info.filename} {info.file_size} {info.CRC:08x}")
    weights = file.read("model.weights.h5")
for data in [weights, old]:
    with h5py.File(io.BytesIO(data), "r") as file:
        lines += ["", *listing(file)]
(here / "keras.txt").write_text("\n".join(lines) + "\n")
