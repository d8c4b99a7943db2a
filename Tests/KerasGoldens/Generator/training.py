"""`fit` for three epochs without shuffling: history, predictions, evaluation, final weights."""

import os

import keras
import numpy as np
from keras.src.utils.naming import to_snake_case

import models
from harness import VECTORS, Family, f32, generator, set_precision
from layercases import first_value

N = 20


def data(name):
    """Inputs, targets, and what else `fit` is given."""
    rng = generator("data " + name)
    normal = lambda *shape: f32(rng.normal(size=(N, *shape)))  # noqa: E731
    whole = lambda n, *shape: rng.integers(n, size=(N, *shape)).astype(np.int32)  # noqa: E731
    if name == "dense_sgd":
        return [normal(4)], [whole(3)], {"batch_size": 6}
    if name == "conv_adam":
        one_hot = np.eye(4, dtype=np.float32)[whole(4)]
        return [normal(6, 6, 1)], [one_hot], {"batch_size": 5, "validation_split": 0.25}
    if name == "batch_norm":
        return [normal(3)], [normal(1)], {"batch_size": 8, "validation_split": 0.1}
    if name == "lstm_masked":
        ids = whole(7, 5)
        ids[np.arange(N), rng.integers(5, size=N)] = 0
        ids[:, 0] = np.maximum(ids[:, 0], 1)
        return [ids], [whole(2, 1)], {"batch_size": 6, "class_weight": {0: 1.0, 1: 2.5}}
    if name == "two_by_two":
        return [normal(3), normal(2)], [normal(1), whole(3)], {"batch_size": 7}
    if name == "weighted":
        return [normal(3)], [normal(2)], {"batch_size": 6, "sample_weight": f32(rng.uniform(0.1, 3, N))}
    if name == "siamese":
        return [normal(3), normal(3)], [whole(2, 1)], {"batch_size": 5}
    if name == "sequence_labels":
        x = normal(4, 2)
        x[rng.uniform(size=(N, 4)) < 0.3] = 0
        x[:, 0] = 1
        return [x], [whole(2, 4)], {"batch_size": 6}
    return [normal(4)], [normal(2) if name == "penalized" else normal(1)], {"batch_size": 6}


def fit():
    family = Family("fit")
    for build in models.TRAINED:
        name = build.__name__
        xs, ys, options = data(name)
        weight = options.pop("sample_weight", None)
        arrays = {f"x{i}": x for i, x in enumerate(xs)} | {f"y{i}": y for i, y in enumerate(ys)}
        fields = {
            "inputs": [f"x{i}" for i in range(len(xs))],
            "targets": [f"y{i}" for i in range(len(ys))],
            "weights": [],
            "history_names": [],
            "evaluation_names": [],
        }
        if weight is not None:
            arrays["sample_weight"] = weight
            fields["sample_weight"] = "sample_weight"
        config = dict(options)
        if "class_weight" in config:
            config["class_weight"] = {str(k): v for k, v in config["class_weight"].items()}
        set_precision("float32")
        keras.utils.clear_session()
        # Of some first weights float32 itself does not keep to the rule: Adam divides by what is small.
        rng = generator("weights " + {"averaged": "averaged 5"}.get(name, name))
        for index, v in enumerate(build().weights):
            arrays[f"w{index}"] = f32(first_value(rng, v.name, v.shape))
            fields["weights"].append({"name": v.name, "tensor": f"w{index}"})

        def run(a):
            keras.utils.clear_session()
            model = build()
            for index, v in enumerate(model.weights):
                v.assign(a[f"w{index}"])
            x = [a[f"x{i}"] for i in range(len(xs))]
            y = [a[f"y{i}"] for i in range(len(ys))]
            x, y = (x if len(x) > 1 else x[0]), (y if len(y) > 1 else y[0])
            history = model.fit(
                x, y, epochs=3, shuffle=False, verbose=0, sample_weight=a.get("sample_weight"),
                **options,
            ).history  # fmt: skip
            found = model.evaluate(
                x, y, batch_size=options["batch_size"], verbose=0, return_dict=True,
                sample_weight=a.get("sample_weight"),
            )  # fmt: skip
            fields["history_names"][:] = sorted(history)
            fields["evaluation_names"][:] = sorted(found)
            floatx = keras.config.floatx()
            return {
                "histories": [np.asarray(history[k], floatx) for k in sorted(history)],
                "evaluations": [np.asarray(found[k], floatx) for k in sorted(found)],
                "outputs": model.predict(x, verbose=0),
                "weights_after": [np.asarray(v.value) for v in model.weights],
            }

        family.case("fit", name, config, arrays, run, name=name, floor=0.1, **fields)
    family.write()


def summaries():
    """Texts of `summary()`; no tensors.

    Those of trained models are made on TensorFlow, where an optimizer counts its steps in int64.
    """
    os.environ["COLUMNS"] = "200"
    family = Family("summaries")

    def add(build, options={}, prepare=None):
        keras.utils.clear_session()
        set_precision("float32")
        model = build()
        if prepare:
            prepare(model)
        lines = []
        model.summary(print_fn=lambda text, **_: lines.append(text), **options)
        text = "\n".join(lines)
        family.case("summary", build.__name__, options, {}, lambda a: {}, text=text)

    for build in models.SUMMARIZED:
        add(build)
        add(build, {"line_length": 76})
        add(build, {"show_trainable": True})
    add(models.nested, {"expand_nested": True})
    add(models.nested, {"expand_nested": True, "show_trainable": True})
    for length in (50, 60, 71, 100, 131):
        add(models.frozen, {"line_length": length})
        add(models.nested, {"line_length": length, "show_trainable": True})
        add(models.branching, {"line_length": length})
    add(models.lenet, {"positions": [0.6, 0.85, 1.0]})
    add(models.lenet, {"positions": [0.3, 0.9, 1.0], "line_length": 70, "show_trainable": True})
    add(models.branching, {"positions": [0.2, 0.5, 0.6, 1.0]})
    for first, last in (("conv2d_1", "dense"), ("dense", "conv2d_1"), ("max", "flatten"),
                        ("flatten", "dense"), ("conv2d$", ".*_1")):  # fmt: skip
        add(models.lenet, {"layer_range": [first, last]})
    add(models.branching, {"layer_range": ["left", "both"]})
    add(models.nested, {"layer_range": ["encoder", "encoder"], "expand_nested": True})
    family.write()


def names():
    """What Keras calls a layer of each class that it exports, before a number follows."""
    family = Family("names")
    for name in sorted(dir(keras.layers)):
        kind = getattr(keras.layers, name)
        if isinstance(kind, type) and issubclass(kind, keras.layers.Layer):
            text = to_snake_case(kind.__name__)
            family.case("name", name, {}, {}, lambda a: {}, name=name, text=text, own=kind.__name__)
    family.write()


def files():
    """Models that Keras saved, with inputs and predictions; some after training, with the state of
    their optimizers."""
    family = Family("files")
    folder = VECTORS / "files"
    folder.mkdir(exist_ok=True)
    set_precision("float32")
    for build in [*models.TRAINED, models.nested, models.branching, models.any_size, models.states]:
        name = build.__name__
        keras.utils.clear_session()
        model = build()
        rng = generator("file " + name)
        for v in model.weights:
            v.assign(f32(first_value(rng, v.name, v.shape)))
        trained = build in models.TRAINED
        if trained:
            xs, ys, options = data(name)
            options.pop("validation_split", None)
            model.fit(xs if len(xs) > 1 else xs[0], ys if len(ys) > 1 else ys[0], epochs=2,
                      verbose=0, shuffle=False, **options)  # fmt: skip
        else:
            xs = [f32(rng.normal(size=[2, *(s or 6 for s in t.shape[1:])])) for t in model.inputs]
        arrays = {f"x{i}": x[:3] for i, x in enumerate(xs)}
        for index, v in enumerate(model.weights):
            arrays[f"w{index}"] = np.asarray(v.value)
        fields = {
            "inputs": [f"x{i}" for i in range(len(xs))],
            "weights": [{"name": v.path, "tensor": f"w{i}"} for i, v in enumerate(model.weights)],
            "file": f"files/{name}.keras",
            "weights_file": f"files/{name}.weights.h5",
        }
        if trained:
            own = model.optimizer.variables
            for index, v in enumerate(own):
                arrays[f"o{index}"] = np.asarray(v.value)
            fields["optimizer_variables"] = [
                {"name": v.path, "tensor": f"o{i}"} for i, v in enumerate(own)
            ]
        model.save(folder / f"{name}.keras")
        if name in ("conv_adam", "lstm_masked", "nested"):
            model.save_weights(folder / f"{name}.weights.h5")
        else:
            del fields["weights_file"]

        def run(a):
            x = [f32(a[f"x{i}"]) if a[f"x{i}"].dtype.kind == "f" else a[f"x{i}"] for i in range(len(xs))]
            return {"outputs": model.predict(x if len(x) > 1 else x[0], verbose=0)}

        family.case("file", name, {}, arrays, run, name=name, precision="float32", **fields)
    family.write()
