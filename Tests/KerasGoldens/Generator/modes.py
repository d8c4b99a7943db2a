"""Layers in training that the other families have at inference alone: training changes nothing
in them but where the configuration says so, or where chance has nothing to choose from."""

import numpy as np

from core import normal
from harness import Family, generator
from layercases import layer_case
from recurrent import ENDING, cell


def modes():
    family = Family("modes", mark="training-")

    def add(class_name, config, inputs, **options):
        layer_case(family, class_name, config, inputs, training=True, **options)

    recurrent(add)
    others(add)
    pictures(add)
    family.write()


def recurrent(add):
    x = normal("series in training", 2, 3, 2)
    penalty = {"class_name": "L2", "config": {"l2": 0.1}}
    add("RNN", {"cell": cell("GRUCell", 2), "return_sequences": True}, x)
    add("RNN", {"cell": cell("LSTMCell", 2, recurrent_regularizer=penalty), "return_state": True}, x)
    add("RNN", {"cell": [cell("SimpleRNNCell", 2), cell("GRUCell", 3)]}, x,
        masks=[[row[:3] for row in ENDING[:2]]])  # fmt: skip
    for cells, sizes, nest in (
        ([cell("LSTMCell", 2), cell("GRUCell", 3)], (2, 2, 3), [2, 1]),
        ([cell("SimpleRNNCell", 3), cell("SimpleRNNCell", 2)], (3, 2), [1, 1]),
    ):
        start = [normal(f"stack in training {i}", 2, n) for i, n in enumerate(sizes)]
        add("StackedRNNCells", {"cells": cells}, x[:, 0], states=start, nest=nest)
    base = {"filters": 2, "kernel_size": 2}
    for rank, film in ((1, normal("film", 2, 2, 4, 1)), (3, normal("film", 1, 2, 2, 3, 2, 1))):
        add(f"ConvLSTM{rank}D", base, film)
        add(f"ConvLSTM{rank}D", {**base, "padding": "same", "return_sequences": True}, film)


def others(add):
    x, x3 = normal("dense in training", 3, 4), normal("dense in training", 2, 3, 4)
    penalty = {"class_name": "L1", "config": {"l1": 0.1}}
    add("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c",
                        "kernel_regularizer": penalty, "activity_regularizer": penalty}, x)  # fmt: skip
    add("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 2],
                        "activation": "tanh"}, x3)  # fmt: skip
    name, q, v = "GroupQueryAttention", normal("query", 2, 3, 4), normal("value", 2, 5, 4)
    base = {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}
    # As in attention.py: the gradient of a bias of the keys is all rounding.
    add(name, base, [q, v], arguments="separate", floor=0.5)
    add(name, {**base, "kernel_regularizer": penalty}, [q, v], arguments="separate", floor=0.5,
        masks=[None, [[1, 1, 1, 0, 0], [1, 0, 1, 1, 1]]])  # fmt: skip
    data = generator("adapted in training").normal(size=(10, 4)) * [1, 4, 0.2, 2] + [0, 9, -1, 3]
    add("Normalization", {}, x, adapt=data, gradients=False)
    add("Normalization", {"mean": [1.0, 2.0, 3.0, 4.0], "variance": [0.5, 1.0, 4.0, 2.0]}, x,
        gradients=False)  # fmt: skip


def pictures(add):
    rng = generator("pictures in training")
    x = rng.uniform(0, 255, size=(2, 4, 5, 2))
    for config in ({"height": 3, "width": 4}, {"height": 6, "width": 3, "interpolation": "nearest"},
                   {"height": 3, "width": 3, "crop_to_aspect_ratio": True}):  # fmt: skip
        add("Resizing", config, x, gradients=False)
    # What is the same in the mirror, no flip changes.
    wide = (x + x[:, :, ::-1]) / 2
    both = (wide + wide[:, ::-1]) / 2
    add("RandomFlip", {"mode": "horizontal"}, wide, gradients=False)
    add("RandomFlip", {"mode": "vertical", "seed": 3}, (x + x[:, ::-1]) / 2, gradients=False)
    add("RandomFlip", {}, both, gradients=False)
    # A range of one point leaves nothing to chance; a plain picture has no contrast.
    add("RandomContrast", {"factor": [0.0, 0.0]}, x, gradients=False)
    plain = np.broadcast_to(np.array([31.0, 200.0]), x.shape)
    add("RandomContrast", {"factor": 0.5, "seed": 2}, plain, gradients=False)
