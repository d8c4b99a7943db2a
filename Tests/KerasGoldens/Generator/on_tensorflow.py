"""What Keras computes only where TensorFlow is installed, or writes with its help.

Texts and whole numbers, and floats as Python prints them: no tensors, so a file is JSON alone.
README.md has versions and command.
"""

import json
import os
import sys
import zlib
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import models as trained
import numpy as np
import tensorflow as tf

VECTORS = Path(__file__).resolve().parent.parent / "Vectors" / "tensorflow"


def write(name, rows):
    VECTORS.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(r, separators=(",", ":"), ensure_ascii=False) for r in rows)
    (VECTORS / f"{name}.json").write_text(f"[\n{lines}\n]\n", "utf-8")
    print(f"{name}: {len(rows)} rows")


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def hashing():
    rng = generator("hashing")
    letters = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ.,-0123456789"
    lengths = ["".join(rng.choice(list(letters), size=n)) for n in range(201)]
    lengths += ["".join(rng.choice(list(letters), size=n)) for n in (255, 256, 257, 1000, 4097)]
    others = ["Zürich", "na\u00efve", "nai\u0308ve", "日本語", "😀😀", "\0", "a\0b", "\n", "ß" * 40, "Ω" * 100]
    words = ["A", "B", "C", "D", "E", "", "a", "cat", "dog"] + others
    integers = [0, 1, -1, 7, 101, 102, -42, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 10**12]
    rows = []

    def add(config, data, shape=None, dtype=None, class_name="Hashing"):
        layer = getattr(keras.layers, class_name)(**config)
        inputs = np.array(data, dtype=dtype) if dtype else np.array(data, dtype=object)
        inputs = inputs if shape is None else inputs.reshape(shape)
        y = np.asarray(layer(tf.constant(inputs)))
        rows.append(
            {"class_name": class_name, "config": config, "data": data, "dtype": dtype,
             "shape": list(inputs.shape), "out_shape": list(y.shape),
             "outputs": [int(v) for v in y.reshape(-1)]}
        )  # fmt: skip

    # The whole hash, but for its highest bit: 2⁶³ − 1 bins are the most that TensorFlow takes.
    most = 2**63 - 1
    for bins in (most, 2**40 + 15, 1000, 7):
        for salt in (None, 133, [133, 137], [1, -1]):
            config = {"num_bins": bins} if salt is None else {"num_bins": bins, "salt": salt}
            many = bins in (most, 7) and salt in (None, [133, 137])
            add(config, (lengths if many else lengths[::9]) + words)
            add(config, integers, dtype="int64")
    add({"num_bins": 3}, integers[:9], dtype="int32")
    add({"num_bins": 5, "mask_value": ""}, words)
    add({"num_bins": 5, "mask_value": "A", "salt": [133, 137]}, words)
    add({"num_bins": 5, "mask_value": "naïve"}, words)
    add({"num_bins": 4, "mask_value": -1}, integers, dtype="int64")
    add({"num_bins": 1, "mask_value": 7}, integers, dtype="int64")
    add({"num_bins": 2, "mask_value": 7}, integers, dtype="int64")
    add({"num_bins": 9}, [1.0, 1.9, -1.9, -0.5, 1e9], dtype="float32")
    add({"num_bins": 9, "mask_value": 1}, [1.0, 1.9, -1.9, -0.5, 1e9], dtype="float32")
    grid = [words[i % len(words)] for i in range(12)]
    for mode in ("one_hot", "multi_hot", "count"):
        config = {"num_bins": 4, "output_mode": mode}
        add(config, grid, (3, 4))
        add(config, grid, (12,))
        add(config, grid, (12, 1))
        add({**config, "mask_value": "A"}, grid, (4, 3))
        add(config, integers, (3, 4), dtype="int64")
        add(config, integers, (12, 1), dtype="int64")
    for count in (2, 3, 10):
        known = {"num_oov_indices": count, "vocabulary": ["cat", "dog"]}
        add(known, words + lengths[::17], class_name="StringLookup")
    write("hashing", rows)

    rows.clear()

    def cross(config, *features):
        layer = keras.layers.HashedCrossing(**config)
        tensors = [
            tf.constant(f, tf.string if isinstance(f[0], str) else tf.int64) for f in features
        ]
        y = np.asarray(layer(tensors))
        rows.append(
            {"config": config, "features": list(features), "out_shape": list(y.shape),
             "outputs": [int(v) for v in y.reshape(-1)]}
        )  # fmt: skip

    one, two = ["A", "B", "A", "B", "A"], [101, 101, 101, 102, 102]
    for bins in (5, 1000, most):
        cross({"num_bins": bins}, one, two)
        cross({"num_bins": bins}, two, one)
        cross({"num_bins": bins}, words[:12], integers)
        cross({"num_bins": bins}, words[:12], integers, lengths[30:42])
    cross({"num_bins": 5, "output_mode": "one_hot"}, one, two)
    write("crossing", rows)


def initialize(model, name):
    """Weights that are the same wherever they are made again: small numbers of few digits."""
    rng = generator(name)
    weights = [np.round(rng.uniform(-1, 1, size=w.shape), 3).astype("float32") for w in model.get_weights()]
    model.set_weights(weights)
    return [[float(str(v)) for v in w.reshape(-1)] for w in weights]


def numbers(array):
    return [float(str(v)) for v in np.asarray(array, "float32").reshape(-1)]


def problem(name, samples=20):
    rng = generator(name)
    x = np.round(rng.normal(size=(samples, 3)), 3).astype("float32")
    y = np.round(np.tanh(x @ [[0.5], [-1.0], [0.3]]) + 0.1 * rng.normal(size=(samples, 1)), 3)
    return x, y.astype("float32")


def small_model(optimizer):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)]
    )
    model.compile(optimizer, loss="mse", metrics=["mae"])
    return model


def tensorboard():
    import glob
    import tempfile

    from tensorflow.core.util import event_pb2

    def events(folder):
        found = []
        for part in ("train", "validation"):
            for path in sorted(glob.glob(f"{folder}/{part}/*"), key=os.path.getmtime):
                for record in tf.data.TFRecordDataset(path):
                    data = record.numpy()
                    event = event_pb2.Event.FromString(data)
                    row = {"part": part, "step": event.step, "wall": event.wall_time}
                    if event.file_version:
                        row["version"] = event.file_version
                        # The source of the file, which TensorFlow adds: not written here.
                        row["hex"] = event_pb2.Event(
                            wall_time=event.wall_time, file_version=event.file_version
                        ).SerializeToString().hex()
                    for value in event.summary.value:
                        row["tag"] = value.tag
                        row["plugin"] = value.metadata.plugin_data.plugin_name
                        if value.tensor.dtype == 1:
                            row["value"] = float(str(np.float32(tf.make_ndarray(value.tensor))))
                            row["hex"] = data.hex()
                    if "tag" in row or "version" in row:
                        found.append(row)
        return found

    rows = []
    x, y = problem("tensorboard")
    for case, config in {
        "epoch": {"update_freq": "epoch"},
        "batch": {"update_freq": "batch"},
        "every third": {"update_freq": 3, "write_graph": False},
        "plateau": {"update_freq": "epoch", "write_graph": False},
        "without validation": {"update_freq": 2, "write_graph": False},
    }.items():
        rate = 0.1 if case == "plateau" else keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)
        model = small_model(keras.optimizers.SGD(rate))
        weights = initialize(model, "tensorboard")
        with tempfile.TemporaryDirectory() as folder:
            callbacks = [keras.callbacks.TensorBoard(folder, **config)]
            if case == "plateau":
                callbacks.insert(
                    0, keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=0, min_delta=0.2)
                )
            validation = None if case == "without validation" else (x[15:], y[15:])
            model.fit(x[:15], y[:15], batch_size=4, epochs=3, shuffle=False, verbose=0,
                      validation_data=validation, callbacks=callbacks)  # fmt: skip
            fitted = events(folder)
            model.evaluate(x, y, batch_size=4, verbose=0, callbacks=callbacks[-1:])
            # For an evaluation Keras writes the model once more, to a file of its own.
            found = [e for e in fitted if e["part"] == "train"]
            found += [e for e in events(folder) if e["part"] != "train"]
        rows.append(
            {"case": case, "config": config, "weights": weights, "x": numbers(x), "y": numbers(y),
             "count_after_fit": len(fitted), "events": found}
        )  # fmt: skip
    write("tensorboard", rows)


def averages():
    rows = []
    x, y = problem("averages")

    class Watch(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seen = []

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append(
                {"logs": {k: float(v) for k, v in logs.items()},
                 "weights": [numbers(w) for w in self.model.get_weights()]}
            )  # fmt: skip

    for swaps in (False, True):
        for overwrite in (None, 3):
            model = small_model(
                keras.optimizers.SGD(
                    0.1, momentum=0.9, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=overwrite
                )
            )
            weights = initialize(model, "averages")
            watch = Watch()
            swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=swaps)
            model.fit(x[:15], y[:15], batch_size=4, epochs=4, shuffle=False, verbose=0,
                      validation_data=(x[15:], y[15:]), callbacks=[swap, watch])  # fmt: skip
            rows.append(
                {"swap_on_epoch": swaps, "overwrite": overwrite, "weights": weights, "x": numbers(x),
                 "y": numbers(y), "epochs": watch.seen,
                 "final": [numbers(w) for w in model.get_weights()]}
            )  # fmt: skip
    write("averages", rows)


def pictured():
    """Models of each kind of wiring, by name."""
    keras.backend.clear_session()
    layers = keras.layers
    stack = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2),
         layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax")], name="stack",
    )  # fmt: skip
    a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
    left = layers.Dense(5, activation="relu", name="left")(a)
    right = layers.Dense(5, activation="tanh", name="right")(b)
    joined = layers.Concatenate(name="joined")([left, right])
    skip = layers.Add(name="skip")([left, right])
    ends = [layers.Dense(1, name="one")(joined), layers.Dense(2, name="two")(skip)]
    branching = keras.Model([a, b], ends, name="branching")
    branching.get_layer("right").trainable = False
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, activation="selu", name="shared")
    distance = layers.Subtract(name="distance")([shared(a), shared(b)])
    twins = keras.Model([a, b], layers.Dense(1, name="score")(distance), name="twins")
    inner = keras.Input((5,), name="inner")
    deep = keras.Sequential(
        [keras.Input((6,)), layers.Dense(7, name="deep_one"), layers.ReLU(name="deep_two")], name="deep"
    )
    hidden = layers.Dense(6, name="hidden")(inner)
    encoder = keras.Model(inner, [deep(hidden), hidden], name="encoder")
    outer = keras.Input((5,), name="outer")
    first, second = encoder(outer)
    head = keras.Sequential([keras.Input((7,)), layers.Dense(2, name="head_one")], name="head")
    nested = keras.Model(
        outer, [head(first), layers.Dense(3, name="last")(second)], name="nested"
    )
    core_in, before = keras.Input((3,), name="core_in"), keras.Input((3,), name="before")
    core = keras.Model(core_in, layers.Dense(2, name="core_out")(core_in), name="core")
    ending = keras.Model(before, core(layers.Dense(3, name="first")(before)), name="ending")
    tower = keras.Sequential(
        [keras.Input((6,)),
         keras.Sequential([keras.Input((6,)), layers.Dense(4, name="low")], name="base"),
         layers.Activation("relu", name="middle"),
         keras.Sequential([keras.Input((4,)), layers.Dense(2, name="high")], name="top")],
        name="tower",
    )  # fmt: skip
    words = keras.Input((None,), dtype="int32", name="words")
    states = layers.LSTM(4, return_state=True, name="lstm")(layers.Embedding(9, 3, name="embed")(words))
    again = layers.Attention(name="attend")([layers.Reshape((1, 4), name="row")(states[0])] * 2)
    recurrent = keras.Model(words, [again, states[2]], name="recurrent")
    return [stack, branching, twins, nested, ending, tower, recurrent]


def graphs():
    import pydot

    rows = []
    for model in pictured():
        for config in (
            {},
            {"show_layer_names": False, "rankdir": "LR"},
            {"show_shapes": True},
            {"show_shapes": True, "show_dtype": True, "show_trainable": True, "show_layer_activations": True},
            {"expand_nested": True, "show_shapes": True},
        ):
            dot = keras.utils.model_to_dot(model, **config)
            # Nodes are known by their labels, clusters by theirs.
            labels = {}

            def gather(graph, frame):
                for node in graph.get_nodes():
                    if node.get_name() in ("node", "edge", "graph"):
                        continue
                    labels[node.get_name()] = len(labels)
                    nodes.append({"frame": frame, "label": node.get("label")})
                for inner in graph.get_subgraphs():
                    gather(inner, frame + [inner.get("label")])

            nodes, edges = [], []
            gather(dot, [])

            def connect(graph):
                for edge in graph.get_edges():
                    edges.append([labels[edge.get_source()], labels[edge.get_destination()]])
                for inner in graph.get_subgraphs():
                    connect(inner)

            connect(dot)
            rows.append(
                {"case": model.name, "config": config, "nodes": nodes, "edges": edges,
                 "rankdir": dot.get("rankdir")}
            )  # fmt: skip
    write("graphs", rows)


def models():
    rows = []
    for model in pictured():
        if model.name in ("stack", "twins"):
            model.compile(keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
        weights = initialize(model, model.name)
        rng = generator(model.name)
        inputs = [
            rng.integers(0, 9, size=(2, 5)).astype("int32") if i.dtype == "int32"
            else np.round(rng.normal(size=(2, *i.shape[1:])), 3).astype("float32")
            for i in model.inputs
        ]  # fmt: skip
        outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        rows.append(
            {"case": model.name, "json": model.to_json(), "weights": weights,
             "inputs": [numbers(i) for i in inputs], "shapes": [list(i.shape) for i in inputs],
             "outputs": [numbers(o) for o in outputs]}
        )  # fmt: skip
    write("models", rows)


def vocabularies():
    """Lookups and texts: what is learnt, and what comes of data."""
    rows = []

    def add(class_name, config, data, learnt=None):
        made = {k: tuple(v) if k == "ngrams" and isinstance(v, list) else v for k, v in config.items()}
        layer = getattr(keras.layers, class_name)(**made)
        kind = "int64" if class_name == "IntegerLookup" else object
        if learnt is not None:
            layer.adapt(np.array(learnt, dtype=kind))
        inputs = np.array(data, dtype=kind)
        y = np.asarray(layer(tf.constant(inputs)))
        exact = y.dtype.kind in "iu"
        row = {"class_name": class_name, "config": config, "data": data,
               "shape": list(inputs.shape), "out_shape": list(y.shape),
               "outputs": [int(v) if exact else float(str(v)) for v in y.reshape(-1)],
               "learnt_tokens": [t if kind is object else int(t) for t in layer.get_vocabulary()]}  # fmt: skip
        if learnt is not None:
            row["adapt"] = learnt
        rows.append(row)

    modes = ("one_hot", "multi_hot", "count", "tf_idf")
    words = [["b", "a", "c"], ["a", "d", "a"], ["naïve", "日本", "b"], ["", "a", "[UNK]"]]
    numbers = [[7, -3, 12], [-3, 5, -3], [2**40, 0, 7], [-1, -3, 0]]
    unseen = {"StringLookup": [["a", "zebra", "b"], ["d", "", "日本"]],
              "IntegerLookup": [[-3, 1000, 7], [5, 0, 2**40], [-8, 1001, -1]]}  # fmt: skip
    for name, learnt, known, mask in (
        ("StringLookup", words, ["cat", "dog", "naïve"], ""),
        ("IntegerLookup", numbers, [12, 36, -1138], 0),
    ):
        data = unseen[name]
        flat = [v for row in data for v in row]
        fresh = ["x", "dog", "cat"] if name == "StringLookup" else [-1138, 4, 36]
        for config in ({}, {"mask_token": mask}, {"max_tokens": 4}, {"num_oov_indices": 3},
                       {"mask_token": mask, "num_oov_indices": 2, "max_tokens": 6},
                       {"oov_token": "?" if name == "StringLookup" else -99}):  # fmt: skip
            add(name, config, data, learnt)
            add(name, config, flat, [v for row in learnt for v in row])
        for mode in modes:
            config = {"output_mode": mode}
            shaped = flat if mode == "one_hot" else data
            add(name, config, shaped, learnt)
            add(name, {**config, "mask_token": mask, "num_oov_indices": 2}, shaped, learnt)
            add(name, {**config, "max_tokens": 9, "pad_to_max_tokens": True}, shaped, learnt)
        add(name, {"vocabulary": known}, fresh)
        add(name, {"vocabulary": known, "mask_token": mask, "num_oov_indices": 2}, [fresh])
        add(name, {"vocabulary": known, "num_oov_indices": 0}, known[::-1])
        add(name, {"vocabulary": known, "output_mode": "tf_idf", "idf_weights": [0.25, 0.75, 0.5]},
            [fresh, fresh[::-1]])  # fmt: skip

    name = "TextVectorization"
    learnt = ["The cat's hat, the CAT!", "A dog: the end.", "naïve café; ÉTÉ é", "", "end_of the-line"]
    data = ["the cat sat", "A naïve DOG's end-of-line...", "", "\tthe  hat\n", "été ÉTÉ 日本"]
    for config in ({}, {"standardize": None}, {"standardize": "lower"},
                   {"standardize": "strip_punctuation"}, {"split": "character"},
                   {"split": "character", "standardize": None}, {"split": None},
                   {"ngrams": 2}, {"ngrams": [1, 3]}, {"ngrams": [2]}, {"max_tokens": 5},
                   {"output_sequence_length": 2}, {"output_sequence_length": 7},
                   {"output_mode": "multi_hot"}, {"output_mode": "count"}, {"output_mode": "tf_idf"},
                   {"output_mode": "count", "ngrams": 2, "max_tokens": 12},
                   {"output_mode": "multi_hot", "max_tokens": 40, "pad_to_max_tokens": True},
                   {"output_mode": "tf_idf", "max_tokens": 6}):  # fmt: skip
        add(name, config, data, learnt)
    known = ["the", "cat", "dog"]
    add(name, {"vocabulary": known}, data)
    add(name, {"vocabulary": known, "output_mode": "count"}, data)
    add(name, {"vocabulary": known, "output_mode": "tf_idf", "idf_weights": [0.2, 0.7, 0.9]}, data)
    write("vocabularies", rows)


def summaries():
    """Texts of `summary()` of models whose optimizers have their variables."""
    os.environ["COLUMNS"] = "200"
    rows = []
    for build in (trained.conv_adam, trained.two_by_two, trained.batch_norm):
        for options in ({}, {"show_trainable": True, "line_length": 90}):
            keras.utils.clear_session()
            model = build()
            model.optimizer.build(model.trainable_variables)
            lines = []
            model.summary(print_fn=lambda text, **_: lines.append(text), **options)
            rows.append({"case": build.__name__, "config": options, "text": "\n".join(lines)})
    write("summaries", rows)


FAMILIES = {
    "hashing": hashing,
    "tensorboard": tensorboard,
    "averages": averages,
    "graphs": graphs,
    "models": models,
    "summaries": summaries,
    "vocabularies": vocabularies,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or FAMILIES:
        FAMILIES[name]()
