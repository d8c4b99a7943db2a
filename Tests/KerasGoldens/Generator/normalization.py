"""Normalizing layers, and layers that are random only in training."""

import numpy as np

from core import normal
from windows import family_of


def batch(add):
    x, x3, image = normal("bn", 6, 3), normal("bn", 3, 4, 2), normal("bn", 2, 3, 4, 3)
    name = "BatchNormalization"
    offset = x * 2 + 3
    for training in (False, True):
        add(name, {}, x, training=training)
        add(name, {}, offset, training=training)
        add(name, {"axis": 1}, x3, training=training)
        add(name, {}, image, training=training)
        add(name, {"momentum": 0.5, "epsilon": 0.01}, x, training=training)
        add(name, {"center": False}, x, training=training)
        add(name, {"scale": False}, x, training=training)
        add(name, {"center": False, "scale": False}, x3, training=training)
        add(name, {"axis": 2}, image, training=training)
        add(name, {"gamma_regularizer": {"class_name": "L2", "config": {"l2": 0.1}}}, x,
            training=training)  # fmt: skip
        add(name, {"trainable": False}, x, training=training)
    add(name, {}, x3, training=True, masks=[[[1, 1, 0, 1], [1, 0, 0, 0], [1, 1, 1, 1]]])
    add(name, {"momentum": 0.9}, x3, training=True,
        masks=[[[1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 0]]])  # fmt: skip


def others(add):
    x, x3, image = normal("ln", 4, 5), normal("ln", 2, 3, 4), normal("ln", 2, 3, 4, 6)
    name = "LayerNormalization"
    for config in ({}, {"epsilon": 0.1}, {"center": False}, {"scale": False},
                   {"center": False, "scale": False}):  # fmt: skip
        add(name, config, x)
    add(name, {}, x3, training=True)
    add(name, {"axis": [1, 2]}, x3)
    add(name, {"axis": 1}, x3)
    add(name, {"axis": [-2, -1]}, image)
    name = "GroupNormalization"
    for config in ({"groups": 2}, {"groups": 3}, {"groups": 1}, {"groups": -1},
                   {"groups": 2, "center": False}, {"groups": 2, "scale": False},
                   {"groups": 2, "epsilon": 0.1}):  # fmt: skip
        add(name, config, image, training=config.get("groups") == 3)
    add(name, {"groups": 2}, x3)
    add(name, {"groups": 4, "axis": -2}, image)
    name = "RMSNormalization"
    for config, inputs in (({}, x), ({}, x3), ({"epsilon": 0.1}, x), ({"epsilon": 1e-3}, x3),
                           ({"axis": [1, 2]}, x3), ({}, image), ({}, x * 0.01)):  # fmt: skip
        add(name, config, inputs, training=inputs is image)
    name = "UnitNormalization"
    for config, inputs in (({}, x), ({}, x3), ({"axis": 1}, x3), ({"axis": [1, 2]}, x3),
                           ({}, image), ({"axis": [1, 2, 3]}, image)):  # fmt: skip
        add(name, config, inputs, training=inputs is image)


def random(add):
    """What is left of the random layers: the identity, and shapes."""
    x, x3, image = normal("drop", 3, 4), normal("drop", 2, 3, 4), normal("drop", 2, 3, 2, 4)
    volume = normal("drop", 1, 2, 2, 2, 3)
    for name, key in (("Dropout", "rate"), ("GaussianDropout", "rate"), ("AlphaDropout", "rate"),
                      ("GaussianNoise", "stddev")):  # fmt: skip
        add(name, {key: 0.5}, x)
        add(name, {key: 0.2}, x3)
        add(name, {key: 0.0}, x, training=True)
        add(name, {key: 0.0}, image, training=True)
        add(name, {key: 0.3, "seed": 3}, image)
        add(name, {key: 0.9}, x)
    add("Dropout", {"rate": 0.5, "noise_shape": [3, 1]}, x)
    for rank, inputs in ((1, x3), (2, image), (3, volume)):
        name = f"SpatialDropout{rank}D"
        for config in ({"rate": 0.5}, {"rate": 0.1}, {"rate": 0.3, "seed": 1}):
            add(name, config, inputs)
            add(name, {"rate": 0.0}, np.flip(inputs), training=True)


normalization = family_of("normalization", batch, others)
randomness = family_of("randomness", random)
