"""Small files in the form of Keras' data sets, and what Keras' own loaders make of them.

    python make_loaders.py            # writes beside itself
    python make_loaders.py --check    # compares with what is there

Made with Python 3.11, NumPy 2.4.6 and Keras 3.15.1. The files hold invented numbers.
"""

import io
import json
import os
import pathlib
import sys
import tempfile
import zipfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
from keras.datasets import boston_housing, california_housing, imdb, reuters
from keras.src.datasets import boston_housing as boston_module
from keras.src.datasets import california_housing as california_module
from keras.src.datasets import imdb as imdb_module
from keras.src.datasets import reuters as reuters_module
from keras.src.utils import dataset_utils

here = pathlib.Path(__file__).parent


def npz(arrays):
    """An archive whose bytes do not depend on the time of day."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=True)
            info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return out.getvalue()


def texts(rng, count, longest, words):
    """An array of objects: lists of words' numbers, as long as they please."""
    lists = np.empty(count, dtype=object)
    for index in range(count):
        length = int(rng.integers(1, longest + 1))
        lists[index] = [int(w) for w in rng.integers(1, words, size=length)]
    return lists


rng = np.random.default_rng(5)
files = {
    "imdb.npz": npz(
        {
            "x_train": texts(rng, 23, 12, 400),
            "x_test": texts(rng, 17, 12, 400),
            "y_train": rng.integers(0, 2, 23),
            "y_test": rng.integers(0, 2, 17),
        }
    ),
    "reuters.npz": npz({"x": texts(rng, 31, 12, 70000), "y": rng.integers(0, 46, 31)}),
    "boston_housing.npz": npz({"x": rng.normal(size=(26, 13)), "y": rng.uniform(5, 50, 26)}),
    "california_housing.npz": npz(
        {
            "x": rng.integers(0, 9, (603, 8)).astype("float32"),
            "y": rng.integers(15, 500, 603).astype("float32") * 1000,
        }
    ),
    "imdb_word_index.json": json.dumps({"the": 1, "caf\u00e9": 17, 'quo"te': 88584}).encode(),
    "reuters_word_index.json": json.dumps({"mdbl": 10996}).encode(),
}


def plain(value):
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


cases = []


def run(loader, module, name, **arguments):
    """What Keras' loader makes of the file of that name, for its arguments."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        pathlib.Path(path).write_bytes(files[name])
        module.get_file = lambda *a, **k: path
        (x_train, y_train), (x_test, y_test) = loader.load_data(**arguments)
    cases.append(
        {
            "file": name,
            "arguments": arguments,
            "train": {"x": plain(x_train), "y": plain(y_train)},
            "test": {"x": plain(x_test), "y": plain(y_test)},
        }
    )


for arguments in [
    {},
    {"num_words": 200},
    {"num_words": 200, "skip_top": 20, "maxlen": 9},
    {"seed": 0, "start_char": None, "oov_char": None, "num_words": 150},
    {"start_char": None, "index_from": 0, "seed": 4294967295},
    {"start_char": 7, "oov_char": 9, "index_from": 5, "num_words": 250},
]:
    run(imdb, imdb_module, "imdb.npz", **arguments)
for arguments in [
    {},
    {"test_split": 0.35, "num_words": 5000},
    {"maxlen": 8, "seed": 1},
    {"test_split": 0.0, "start_char": None, "index_from": 0, "oov_char": None, "skip_top": 9000},
]:
    run(reuters, reuters_module, "reuters.npz", **arguments)
for arguments in [{}, {"test_split": 0.3, "seed": 7}, {"test_split": 0.0}]:
    run(boston_housing, boston_module, "boston_housing.npz", **arguments)
for arguments in [{"version": "small", "test_split": 0.99, "seed": 3}, {"test_split": 0.985}]:
    run(california_housing, california_module, "california_housing.npz", **arguments)
# Of California the training part would be long: its first rows are enough.
for case in cases:
    if case["file"] == "california_housing.npz":
        for part in ["train", "test"]:
            case[part]["count"] = len(case[part]["y"])
            case[part] |= {key: case[part][key][:5] for key in ["x", "y"]}

# The order in which Keras finds the files of classes in folders.
tree = [
    "b/2.txt", "b/10.txt", "b/in/z.txt", "b/in/deep/a.txt", "b/in-side/a.TXT", "b/A.txt",
    "b/\u00e9.txt", "b/notes.md", "a/only.txt", "a/in/x.txt", "outside.txt", "Z/1.txt", ".git/1.txt",
]  # fmt: skip
links = [["a/linked.txt", "b/2.txt"], ["a/more", "b/in"], ["c", "Z"]]
orders = []
with tempfile.TemporaryDirectory() as folder:
    for path in tree:
        target = pathlib.Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path)
    for name, target in links:
        os.symlink(os.path.join(folder, target), os.path.join(folder, name))
    for follow in [False, True]:
        paths, labels, names = dataset_utils.index_directory(
            folder, "inferred", (".txt",), shuffle=False, follow_links=follow, verbose=False
        )
        orders.append(
            {
                "followLinks": follow,
                "files": [os.path.relpath(p, folder) for p in paths],
                "labels": plain(labels),
                "classNames": names,
            }
        )

# NumPy's generator alone.
shuffles = []
for seed, count in [(113, 1), (113, 2), (0, 10), (4294967295, 700)]:
    indices = np.arange(count)
    np.random.RandomState(seed).shuffle(indices)
    shuffles.append({"seed": seed, "order": plain(indices)})

files["loaders.json"] = (
    json.dumps(
        {
            "cases": cases,
            "tree": tree,
            "links": links,
            "orders": orders,
            "shuffles": shuffles,
            "words": [int(w) for w in np.random.RandomState(5489).randint(0, 2**32, 3, np.uint32)],
        },
        separators=(",", ":"),
    )
    + "\n"
).encode()

differing = []
for name, content in files.items():
    path = here / name
    if "--check" not in sys.argv:
        path.write_bytes(content)
        print(name, len(content))
    elif path.read_bytes() != content:
        differing.append(name)
if differing:
    sys.exit(f"differs: {', '.join(differing)}")
