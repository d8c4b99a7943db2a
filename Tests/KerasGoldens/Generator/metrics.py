"""Metrics: the result after each of three updates of a stream."""

import keras
import numpy as np
from keras.src import backend

from harness import Family, f32, generator
from losses import softmax

SIZES = [4, 5, 2]


def metrics():
    family = Family("metrics")

    def add(name, config, stream, **options):
        """stream: for each update (arguments, sample_weight, mask)."""
        arrays, updates = {}, []
        for step, (arguments, weights, mask) in enumerate(stream):
            update = {"inputs": []}
            for index, value in enumerate(arguments):
                value = np.asarray(value)
                value = f32(value) if value.dtype.kind == "f" else value.astype(np.int32)
                arrays[f"{step}.{index}"] = value
                update["inputs"].append(f"{step}.{index}")
            if weights is not None:
                arrays[f"{step}.w"] = f32(weights)
                update["sample_weight"] = f"{step}.w"
            if mask is not None:
                arrays[f"{step}.mask"] = np.asarray(mask, bool)
                update["mask"] = f"{step}.mask"
            updates.append(update)

        def run(a):
            metric = getattr(keras.metrics, name)(**config)
            results = []
            for update in updates:
                arguments = [keras.ops.convert_to_tensor(a[i]) for i in update["inputs"]]
                if "mask" in update:
                    backend.set_keras_mask(arguments[-1], a[update["mask"]])
                metric.update_state(*arguments, sample_weight=a.get(update.get("sample_weight")))
                results.append(np.asarray(metric.result()))
            return {"outputs": results}

        family.case("metric", name, config, arrays, run, updates=updates, **options)

    def streams(name, make, config={}, masks=False, weightless=False, whole=False,
                **options):  # fmt: skip
        """Two streams without and two with weights; make(rng, n) gives the arguments of n rows."""
        for kind in ("plain", "more", "weights", "zeros") + (("mask",) if masks else ()):
            rng = generator(f"{name}{config}{kind}")
            if weightless and kind in ("weights", "zeros"):
                continue
            stream = []
            for step, n in enumerate(SIZES):
                weights = rng.uniform(0.1, 2, size=n) if kind in ("weights", "zeros") else None
                if kind == "zeros":
                    weights[rng.integers(n)] = 0
                if whole and weights is not None:
                    weights = np.ceil(weights)
                mask = rng.uniform(size=n) < 0.6 if kind == "mask" else None
                stream.append((make(rng, n), weights, mask))
            add(name, config, stream, **options)

    means(streams, add)
    accuracies(streams)
    confusions(streams)
    scores(streams)
    overlaps(streams)
    family.write()


def normals(rng, n):
    return rng.normal(size=(n, 3)), rng.normal(size=(n, 3))


def positives(rng, n):
    return np.abs(rng.normal(size=(n, 3))) + 0.01, np.abs(rng.normal(size=(n, 3))) + 0.01


def in_time(rng, n):
    return rng.normal(size=(n, 3, 2)), rng.normal(size=(n, 3, 2))


def signs(rng, n):
    return rng.choice([-1.0, 1.0], size=(n, 3)), rng.normal(size=(n, 3))


def bits(rng, n):
    return rng.choice([0.0, 1.0], size=(n, 3)), rng.uniform(0.01, 0.99, size=(n, 3))


def bit(rng, n):
    return rng.choice([0.0, 1.0], size=(n, 1)), rng.uniform(0.01, 0.99, size=(n, 1))


def one_hot(rng, n):
    return np.eye(4)[rng.integers(4, size=n)], softmax(rng.normal(size=(n, 4)))


def labels(rng, n):
    return rng.integers(4, size=n), softmax(rng.normal(size=(n, 4)))


def logits(make):
    def changed(rng, n):
        t, p = make(rng, n)
        return t, np.log(p / (1 - p))

    return changed


def means(streams, add):
    for name in ("Mean", "Sum"):
        # Sums of both signs cancel.
        streams(name, lambda rng, n: (rng.normal(size=n),), floor=1)
        streams(name, lambda rng, n: (rng.normal(size=(n, 3)),), {"name": "other"}, floor=1)
        add(name, {}, [((2.5,), None, None), ((-1.0,), 0.5, None), ((4.0,), 3.0, None)])
    for name in ("MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError",
                 "MeanAbsolutePercentageError", "LogCoshError", "CosineSimilarity"):  # fmt: skip
        streams(name, normals, masks=True)
        streams(name, in_time, {"name": "in_time"}, weightless=True)
    streams("MeanSquaredError", lambda rng, n: (rng.normal(size=n), rng.normal(size=(n, 1))),
            {"name": "ranks"}, weightless=True)  # fmt: skip
    streams("CosineSimilarity", in_time, {"axis": 1}, weightless=True)
    for name in ("MeanSquaredLogarithmicError", "Poisson"):
        streams(name, positives, masks=True)
    streams("KLDivergence", lambda rng, n: (softmax(rng.normal(size=(n, 3))), one_hot(rng, n)[1][:, :3]),
            masks=True)  # fmt: skip
    for name in ("Hinge", "SquaredHinge"):
        streams(name, signs, masks=True)
        streams(name, lambda rng, n: (bits(rng, n)[0], rng.normal(size=(n, 3))), {"name": "bits"},
                weightless=True)  # fmt: skip
    streams("CategoricalHinge", one_hot, masks=True)
    for config in ({}, {"label_smoothing": 0.1}):
        streams("BinaryCrossentropy", bits, config, masks=True)
        streams("CategoricalCrossentropy", one_hot, config, masks=True)
    streams("BinaryCrossentropy", logits(bits), {"from_logits": True})
    streams("CategoricalCrossentropy", logits(one_hot), {"from_logits": True})
    streams("SparseCategoricalCrossentropy", labels, masks=True)
    streams("SparseCategoricalCrossentropy", logits(labels), {"from_logits": True})
    streams("SparseCategoricalCrossentropy", labels, {"ignore_class": 2}, weightless=True)


def accuracies(streams):
    streams("Accuracy", lambda rng, n: (rng.integers(3, size=(n, 2)), rng.integers(3, size=(n, 2))))
    streams("Accuracy", lambda rng, n: (rng.integers(2, size=n), rng.integers(2, size=n)),
            {"name": "flat"})  # fmt: skip
    streams("BinaryAccuracy", bits, masks=True)
    streams("BinaryAccuracy", bit, {"threshold": 0.3})
    streams("CategoricalAccuracy", one_hot, masks=True)
    streams("CategoricalAccuracy", lambda rng, n: (np.eye(3)[rng.integers(3, size=(n, 2))],
            rng.normal(size=(n, 2, 3))), {"name": "in_time"}, weightless=True)  # fmt: skip
    streams("SparseCategoricalAccuracy", labels, masks=True)
    streams("SparseCategoricalAccuracy", lambda rng, n: (labels(rng, n)[0][:, None],
            rng.normal(size=(n, 4))), {"name": "column"})  # fmt: skip
    for k in (1, 2, 3):
        streams("TopKCategoricalAccuracy", one_hot, {"k": k}, weightless=k == 3)
        streams("SparseTopKCategoricalAccuracy", labels, {"k": k}, weightless=k == 3)


def confusions(streams):
    for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"):
        streams(name, bits)
        streams(name, bit, {"thresholds": 0.3})
        streams(name, bits, {"thresholds": [0.2, 0.5, 0.8]})
    for name in ("Precision", "Recall"):
        for config in ({}, {"thresholds": 0.7}, {"thresholds": [0.0, 0.4, 1.0]}, {"class_id": 1},
                       {"top_k": 2}, {"top_k": 2, "class_id": 0}):  # fmt: skip
            streams(name, bits, config)
    for config in ({}, {"num_thresholds": 20}, {"curve": "PR"},
                   {"curve": "PR", "num_thresholds": 25, "summation_method": "minoring"},
                   {"summation_method": "majoring", "num_thresholds": 25},
                   {"summation_method": "minoring"}, {"thresholds": [0.1, 0.4, 0.7]},
                   {"curve": "PR", "summation_method": "majoring"}):  # fmt: skip
        streams("AUC", bit, config)
    streams("AUC", logits(bit), {"from_logits": True})
    streams("AUC", bits, {"multi_label": True, "num_labels": 3})
    streams("AUC", bits, {"multi_label": True, "num_labels": 3, "curve": "PR"}, weightless=True)
    streams("AUC", bits, {"multi_label": True, "num_labels": 3, "label_weights": [0.2, 0.5, 0.3]},
            weightless=True)  # fmt: skip
    for name, key in (("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision"),
                      ("SensitivityAtSpecificity", "specificity"),
                      ("SpecificityAtSensitivity", "sensitivity")):  # fmt: skip
        streams(name, bit, {key: 0.5})
        streams(name, bit, {key: 0.8, "num_thresholds": 10})
        streams(name, bits, {key: 0.3, "class_id": 1}, weightless=True)


def scores(streams):
    for name in ("F1Score", "FBetaScore"):
        for average in (None, "micro", "macro", "weighted"):
            config = {"average": average} if average else {}
            if name == "FBetaScore":
                config["beta"] = 2.0
            streams(name, one_hot, config)
            streams(name, bits, {**config, "threshold": 0.4})
    for config in ({}, {"class_aggregation": "variance_weighted_average"}):
        streams("R2Score", normals, config)
    streams("R2Score", normals, {"num_regressors": 2}, weightless=True)
    # Keras' None: a result for each column.
    streams("R2Score", normals, {"class_aggregation": None})
    for name in ("PearsonCorrelation", "ConcordanceCorrelation"):
        streams(name, normals)
        streams(name, lambda rng, n: (rng.normal(size=(n, 2, 4)), rng.normal(size=(n, 2, 4))),
                {"axis": -1}, weightless=True)  # fmt: skip
        streams(name, lambda rng, n: (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
                {"axis": 0}, weightless=True)  # fmt: skip


def overlaps(every):
    # These count in integers, so weights are whole, and divide in float32 at every precision.
    def streams(*arguments, **options):
        every(*arguments, whole=True, precision="float32", **options)

    def classes(rng, n):
        return rng.integers(3, size=n), rng.integers(3, size=n)

    def images(rng, n):
        return rng.integers(3, size=(n, 2, 2)), rng.integers(3, size=(n, 2, 2))

    def hot(rng, n):
        return np.eye(3)[rng.integers(3, size=n)], softmax(rng.normal(size=(n, 3)))

    streams("IoU", classes, {"num_classes": 3, "target_class_ids": [0]})
    streams("IoU", classes, {"num_classes": 3, "target_class_ids": [0, 2]})
    streams("IoU", images, {"num_classes": 3, "target_class_ids": [1], "ignore_class": 0},
            weightless=True)  # fmt: skip
    streams("MeanIoU", classes, {"num_classes": 3})
    streams("MeanIoU", images, {"num_classes": 3, "ignore_class": 1}, weightless=True)
    streams("MeanIoU", hot, {"num_classes": 3, "sparse_y_true": False, "sparse_y_pred": False})
    streams("BinaryIoU", bit, {})
    streams("BinaryIoU", bit, {"target_class_ids": [1], "threshold": 0.3})
    streams("OneHotIoU", hot, {"num_classes": 3, "target_class_ids": [0, 2]})
    streams("OneHotIoU", lambda rng, n: (np.eye(3)[rng.integers(3, size=n)], rng.integers(3, size=n)),
            {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": True})  # fmt: skip
    streams("OneHotMeanIoU", hot, {"num_classes": 3})
    streams("OneHotMeanIoU", lambda rng, n: (np.eye(3)[rng.integers(3, size=n)],
            rng.integers(3, size=n)), {"num_classes": 3, "sparse_y_pred": True})  # fmt: skip
