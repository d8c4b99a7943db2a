"""Losses: the value and its gradient in the prediction."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src import backend

from harness import Family, f32, generator

REDUCTIONS = ["sum", "mean", "mean_with_sample_weight", "none"]


def losses():
    family = Family("losses")

    def add(name, config, y_true, y_pred, weights=None, mask=None, **options):
        y_true = np.asarray(y_true)
        y_true = f32(y_true) if y_true.dtype.kind == "f" else y_true.astype(np.int32)
        arrays = {"y_true": y_true, "y_pred": f32(y_pred)}
        fields = {"inputs": ["y_true", "y_pred"]}
        if weights is not None:
            arrays["sample_weight"] = f32(weights)
            fields["sample_weight"] = "sample_weight"
        if mask is not None:
            arrays["mask"] = np.asarray(mask, bool)
            fields["mask"] = "mask"
        keras_config = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
        loss = getattr(keras.losses, name)(**keras_config)
        size = np.shape(loss(arrays["y_true"], arrays["y_pred"]))
        if size:
            arrays["c"] = f32(generator(f"{name}{config}").uniform(0.5, 1.5, size))
            fields["cotangents"] = ["c"]

        def run(a):
            loss = getattr(keras.losses, name)(**keras_config)

            def value(y_pred):
                if mask is not None:
                    backend.set_keras_mask(y_pred, jnp.asarray(a["mask"]))
                return loss(a["y_true"], y_pred, sample_weight=a.get("sample_weight"))

            y, pull = jax.vjp(value, jnp.asarray(a["y_pred"]))
            c = jnp.asarray(a.get("c", np.ones(())), y.dtype)
            return {"outputs": [y], "input_gradients": [pull(c)[0]]}

        family.case("loss", name, config, arrays, run, **fields, **options)

    def common(name, y_true, y_pred, config={}):
        """What every loss is asked: y of [4, n] and values of [4]."""
        rng = generator(name + str(config))
        w = rng.uniform(0.1, 2, size=4)
        add(name, config, y_true, y_pred)
        add(name, config, y_true, y_pred, weights=w)
        add(name, config, y_true, y_pred, weights=w[:, None])
        add(name, config, y_true, y_pred, mask=[1, 0, 1, 1])
        add(name, config, y_true, y_pred, weights=w, mask=[0, 1, 1, 0])
        for reduction in REDUCTIONS:
            add(name, {**config, "reduction": reduction}, y_true, y_pred, weights=w)
        add(name, {**config, "reduction": "sum"}, y_true, y_pred, mask=[1, 1, 0, 1])

    def in_time(name, y_true, y_pred, config={}):
        """y of [2, 3, n] and values of [2, 3]."""
        rng = generator("time" + name + str(config))
        add(name, config, y_true, y_pred)
        add(name, config, y_true, y_pred, weights=rng.uniform(0.1, 2, size=(2, 3)))
        add(name, config, y_true, y_pred, mask=[[1, 1, 0], [1, 0, 0]])

    regression(add, common, in_time)
    hinges(add, common, in_time)
    probabilities(add, common, in_time)
    classes(add, common, in_time)
    segmentation(add)
    sequences(add)
    family.write()


def regression(add, common, in_time):
    rng = generator("regression")
    t, p = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    t3, p3 = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    positive = np.abs(t) + 0.1
    names = ["MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
             "MeanSquaredLogarithmicError", "CosineSimilarity", "Huber", "LogCosh", "Poisson"]  # fmt: skip
    for name in names:
        squash = np.abs if name in ("Poisson", "MeanSquaredLogarithmicError") else lambda x: x
        common(name, squash(t), squash(p))
        in_time(name, squash(t3), squash(p3))
        if name not in ("CosineSimilarity",):
            # Labels [n] beside predictions [n, 1].
            add(name, {}, squash(t[:, 0]), squash(p[:, :1]))
            add(name, {}, squash(t[:, :1]), squash(p[:, 1]))
    add("MeanSquaredError", {}, t * 1e4, p * 1e4)
    add("MeanAbsoluteError", {}, t * 1e4, p * 1e4)
    add("MeanAbsolutePercentageError", {}, [[0.0, 1e-9, 2.0]], [[1e-6, -1e-6, 2.5]])
    add("MeanSquaredLogarithmicError", {}, [[0.0, -1.0, 1e-9, 3.0]], [[0.5, -2.0, 0.0, 1e-9]])
    add("CosineSimilarity", {"axis": 1}, t3, p3)
    add("CosineSimilarity", {"axis": 0}, t, p)
    add("CosineSimilarity", {}, np.zeros((2, 3)), p[:2])
    for delta in (0.25, 2.5):
        add("Huber", {"delta": delta}, t * 2, p * 2)
    add("LogCosh", {}, [[0.0, 0, 0, 0]], [[80.0, -80, 1e-3, 500]])
    add("Poisson", {}, [[0.0, 3, 1]], [[1e-8, 2, 0]])
    add("Poisson", {}, positive, positive)


def hinges(add, common, in_time):
    rng = generator("hinges")
    signs, bits = rng.choice([-1.0, 1.0], size=(4, 3)), rng.choice([0.0, 1.0], size=(4, 3))
    p, p3 = rng.normal(size=(4, 3)), rng.normal(size=(2, 3, 4))
    s3 = rng.choice([-1.0, 1.0], size=(2, 3, 4))
    for name in ("Hinge", "SquaredHinge"):
        common(name, signs, p)
        in_time(name, s3, p3)
        add(name, {}, bits, p)
        add(name, {}, bits.astype(int), p)
        add(name, {}, signs[:, 0], p[:, :1])
        add(name, {}, signs, p * 100)
    one_hot = np.eye(3)[[0, 2, 1, 1]]
    common("CategoricalHinge", one_hot, p)
    in_time("CategoricalHinge", np.eye(4)[[[0, 1, 3], [2, 2, 0]]], p3)
    add("CategoricalHinge", {}, one_hot, p * 100)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def probabilities(add, common, in_time):
    rng = generator("probabilities")
    bits = rng.choice([0.0, 1.0], size=(4, 3))
    logits = rng.normal(size=(4, 3)) * 2
    p = 1 / (1 + np.exp(-logits))
    b3, l3 = rng.choice([0.0, 1.0], size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    p3 = 1 / (1 + np.exp(-l3))
    soft = rng.uniform(size=(4, 3))
    extremes = [[1.0, 0, 1, 0, 1, 0]], [[1.0, 0, 0, 1e-9, 1e-5, 0.25]]
    # What 1 − 1e-7 is in float32 decides what a certain and wrong prediction costs.
    certain = [[0.0, 0, 1]], [[1.0, 0.25, 0.75]]
    far = [[1.0, 0, 1, 0, 1, 0]], [[90.0, -90, -90, 90, 15, 15]]
    for name in ("BinaryCrossentropy", "BinaryFocalCrossentropy"):
        common(name, bits, p)
        in_time(name, b3, p3)
        in_time(name, b3, l3, {"from_logits": True})
        add(name, {"from_logits": True}, bits, logits)
        add(name, {"label_smoothing": 0.1}, bits, p)
        add(name, {"label_smoothing": 0.2, "from_logits": True}, bits, logits)
        add(name, {}, bits[:, 0], p[:, :1])
        add(name, {}, bits.astype(int), p)
        add(name, {}, *extremes)
        add(name, {}, *certain, precision="float32")
        precision = "float32" if "Focal" in name else "float64"
        add(name, {"from_logits": True}, *far, precision=precision)
    add("BinaryCrossentropy", {}, soft, p)
    add("BinaryCrossentropy", {"from_logits": True}, soft, logits)
    add("BinaryCrossentropy", {"axis": 1}, b3, p3)
    for config in ({"gamma": 3.0}, {"gamma": 0.5}, {"apply_class_balancing": True},
                   {"apply_class_balancing": True, "alpha": 0.7, "gamma": 1.0},
                   {"apply_class_balancing": True, "from_logits": True,
                    "label_smoothing": 0.1}):  # fmt: skip
        add("BinaryFocalCrossentropy", config, bits, logits if "from_logits" in config else p)
    common("KLDivergence", softmax(logits), softmax(rng.normal(size=(4, 3))))
    in_time("KLDivergence", softmax(l3), softmax(rng.normal(size=(2, 3, 4))))
    add("KLDivergence", {}, [[0.0, 1, 0], [0.5, 0.5, 0]], [[0.25, 0.5, 0.25], [0, 0.75, 0.25]])


def classes(add, common, in_time):
    rng = generator("classes")
    labels, labels3 = np.array([0, 2, 1, 2]), np.array([[0, 1, 3], [2, 2, 0]])
    one_hot, one_hot3 = np.eye(3)[labels], np.eye(4)[labels3]
    logits, l3 = rng.normal(size=(4, 3)) * 2, rng.normal(size=(2, 3, 4)) * 2
    p, p3 = softmax(logits), softmax(l3)
    raw = rng.uniform(0.1, 1, size=(4, 3))
    soft = softmax(rng.normal(size=(4, 3)))
    wrong = [[1.0, 0, 0], [0, 0, 1]]
    zero = [[0.0, 0.5, 0.5], [0.25, 0.25, 0.5]]
    far = [[-100.0, 50, 0], [1000, -1000, 0]]
    first = {"axis": 1}
    for name in ("CategoricalCrossentropy", "CategoricalFocalCrossentropy"):
        common(name, one_hot, p)
        in_time(name, one_hot3, p3)
        in_time(name, one_hot3, l3, {"from_logits": True})
        add(name, {"from_logits": True}, one_hot, logits)
        add(name, {"label_smoothing": 0.1}, one_hot, p)
        add(name, {"label_smoothing": 0.3, "from_logits": True}, one_hot, logits)
        add(name, {}, one_hot, raw)
        add(name, {}, soft, p)
        add(name, {}, wrong, zero)
        add(name, {"from_logits": True}, wrong, far)
        add(name, first, np.swapaxes(one_hot3, 1, 2), np.swapaxes(p3, 1, 2))
        add(name, {**first, "from_logits": True}, np.swapaxes(one_hot3, 1, 2),
            np.swapaxes(l3, 1, 2))  # fmt: skip
    for config in ({"gamma": 3.0, "alpha": 0.5}, {"gamma": 0.5},
                   {"alpha": 1.0, "gamma": 1.0}, {"alpha": [0.2, 0.5, 0.9]}):  # fmt: skip
        add("CategoricalFocalCrossentropy", config, one_hot, p)

    name = "SparseCategoricalCrossentropy"
    common(name, labels, p)
    in_time(name, labels3, p3)
    in_time(name, labels3, l3, {"from_logits": True})
    add(name, {"from_logits": True}, labels, logits)
    add(name, {}, labels[:, None], p)
    add(name, {}, labels.astype(float), p)
    add(name, {}, labels, raw)
    add(name, {}, [0, 2], zero)
    add(name, {"from_logits": True}, [0, 2], far)
    for ignored in (-1, 2):
        y = labels3.copy()
        y[0, 1] = ignored
        add(name, {"ignore_class": ignored}, y, p3)
        add(name, {"ignore_class": ignored, "from_logits": True}, y, l3)
        add(name, {"ignore_class": ignored}, y, p3, mask=[[1, 1, 0], [1, 0, 1]])
        add(name, {"ignore_class": ignored, "reduction": "sum"}, y, p3,
            weights=[[1, 2, 3], [4, 5, 6]])  # fmt: skip

    name = "CategoricalGeneralizedCrossEntropy"
    common(name, labels, p)
    for q in (0.1, 0.9):
        add(name, {"q": q}, labels, p)


def segmentation(add):
    rng = generator("segmentation")
    t = rng.choice([0.0, 1.0], size=(2, 3, 3, 1))
    p = rng.uniform(size=(2, 3, 3, 1))
    inner = {"axis": [1, 2, 3]}
    for name, configs in (("Dice", [{}]), ("Tversky", [{}, {"alpha": 0.2, "beta": 0.7}])):
        for config in configs:
            add(name, config, t, p)
            add(name, {**config, **inner}, t, p)
            add(name, {**config, **inner}, t, p, weights=[0.5, 2.0])
            add(name, {**config, **inner, "reduction": "sum"}, t, p)
            add(name, {**config, **inner, "reduction": "none"}, t, p)
        add(name, {}, np.zeros_like(t), np.zeros_like(p))
        add(name, {}, t, t)
        add(name, {}, t[..., 0], p[..., 0])
    labels = np.array([0, 1, 0, 2, 1, 2])
    embeddings = rng.normal(size=(6, 4))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    name = "Circle"
    for config in ({}, {"gamma": 2.0}, {"gamma": 10.0, "margin": 0.2}, {"reduction": "sum"},
                   {"reduction": "none"}, {"remove_diagonal": False, "gamma": 4.0}):  # fmt: skip
        add(name, config, labels, embeddings)
    add(name, {"gamma": 1.0}, labels, embeddings, weights=[1, 2, 0.5, 1, 3, 0])
    add(name, {"gamma": 1.0, "margin": 0.0}, labels, embeddings)


def sequences(add):
    rng = generator("ctc")
    logits = rng.normal(size=(3, 6, 5))
    labels = np.array([[1, 2, 3], [4, 4, 0], [2, 0, 0]])
    add("CTC", {}, labels, logits)
    add("CTC", {}, labels, logits * 5)
    add("CTC", {}, labels, logits, weights=[0.5, 1, 2])
    for reduction in REDUCTIONS:
        add("CTC", {"reduction": reduction}, labels, logits, weights=[1.5, 1, 0])
    add("CTC", {}, labels[:, :1], logits)
    add("CTC", {}, [[1, 1, 1]], logits[:1])
