"""Recurrent layers, their cells, and what wraps them."""

import keras
import numpy as np

from core import normal
from harness import f32, generator
from layercases import first_value, layer_case, make, own_weights, short_name
from harness import Family

KINDS = {"SimpleRNN": 1, "LSTM": 2, "GRU": 1}
ENDING = [[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]]
HOLES = [[0, 1, 1, 0], [1, 0, 1, 1], [0, 0, 0, 0]]


def recurrent():
    family = Family("recurrent")

    def add(class_name, config, inputs, **options):
        layer_case(family, class_name, config, inputs, **options)

    for name, states in KINDS.items():
        layers(family, add, name, states)
        cells(add, name, states)
    combined(add)
    bidirectional(add)
    images(add)
    for config in ({"units": 2}, {"units": 2, "return_sequences": True}):
        for name in KINDS:
            stateful(family, name, {**config, "stateful": True})
    stateful(family, "RNN", {"cell": cell("GRUCell", 2), "stateful": True})
    family.write()


def cell(name, units, **config):
    return {"class_name": name, "config": {"units": units, **config}}


def layers(family, add, name, states):
    x, base = normal("rnn", 3, 4, 2), {"units": 3}
    start = [normal(f"state{i}", 3, 3) for i in range(states)]
    whole = {**base, "return_sequences": True}
    both = {**whole, "return_state": True}
    add(name, base, x)
    add(name, whole, x)
    add(name, {**base, "return_state": True}, x)
    add(name, both, x, training=True)
    add(name, {**base, "go_backwards": True}, x)
    add(name, {**both, "go_backwards": True}, x)
    add(name, {**base, "unroll": True}, x)
    add(name, {**base, "use_bias": False}, x)
    add(name, {**whole, "activation": "relu"}, x)
    add(name, {**base, "activation": "softsign"}, x)
    add(name, {**base, "dropout": 0.3, "recurrent_dropout": 0.2}, x)
    add(name, base, x, states=start)
    add(name, both, x, states=start)
    add(name, {**both, "go_backwards": True}, x, states=start)
    for mask in (ENDING, HOLES):
        add(name, base, x, masks=[mask])
        add(name, both, x, masks=[mask])
        add(name, {**both, "go_backwards": True}, x, masks=[mask])
        add(name, {**whole, "zero_output_for_mask": True}, x, masks=[mask])
    add(name, both, x, states=start, masks=[HOLES])
    add(name, {**base, "unroll": True, "return_sequences": True}, x, masks=[ENDING])
    add(name, {"units": 1}, normal("rnn", 1, 1, 1))
    add(name, {"units": 5}, normal("rnn", 2, 7, 3))
    penalty = {"class_name": "L2", "config": {"l2": 0.1}}
    add(name, {**base, "kernel_regularizer": penalty, "recurrent_regularizer": penalty,
        "bias_regularizer": penalty}, x, training=True)  # fmt: skip
    if name != "SimpleRNN":
        add(name, {**base, "recurrent_activation": "hard_sigmoid"}, x)
        add(name, {**whole, "activation": "linear", "recurrent_activation": "tanh"}, x)
    if name == "LSTM":
        add(name, {**base, "unit_forget_bias": False}, x)
    if name == "GRU":
        before = {"reset_after": False}
        for config in (base, both, {**base, "use_bias": False}, {**base, "activation": "relu"}):
            add(name, {**config, **before}, x)
        add(name, {**both, **before}, x, masks=[ENDING], states=start)
        add(name, {**base, **before, "go_backwards": True}, x)


def cells(add, name, states):
    x = normal("cell", 4, 3)
    start = [normal(f"cell{i}", 4, 2) for i in range(states)]
    configs = [{}, {"use_bias": False}, {"activation": "relu"}, {"activation": "sigmoid"},
               {"dropout": 0.5, "recurrent_dropout": 0.5}]  # fmt: skip
    configs += [{"recurrent_activation": "tanh"}] if name != "SimpleRNN" else []
    configs += [{"reset_after": False}, {"reset_after": False, "use_bias": False}] if name == "GRU" else []
    for config in configs:
        add(name + "Cell", {"units": 2, **config}, x, states=start)
    add(name + "Cell", {"units": 2}, x, states=start, training=True)


def combined(add):
    x = normal("stack", 3, 4, 2)
    for single in (cell("SimpleRNNCell", 3), cell("LSTMCell", 3), cell("GRUCell", 3),
                   cell("GRUCell", 3, reset_after=False)):  # fmt: skip
        add("RNN", {"cell": single}, x)
        add("RNN", {"cell": single, "return_sequences": True, "return_state": True}, x)
        add("RNN", {"cell": single, "go_backwards": True}, x, masks=[ENDING])
    two = [cell("LSTMCell", 3), cell("GRUCell", 2)]
    three = [cell("SimpleRNNCell", 2), cell("LSTMCell", 3), cell("SimpleRNNCell", 4)]
    for cells in (two, three):
        add("RNN", {"cell": cells}, x)
        add("RNN", {"cell": cells, "return_sequences": True, "return_state": True}, x)
        stacked = {"class_name": "StackedRNNCells", "config": {"cells": cells}}
        add("RNN", {"cell": stacked, "return_sequences": True}, x, masks=[HOLES])
    for cells in (two, three, two[:1], [cell("LSTMCell", 2), cell("LSTMCell", 2)],
                  [cell("GRUCell", 2), cell("GRUCell", 3)], three[:2]):  # fmt: skip
        sizes = [c["config"]["units"] for c in cells for _ in range(1 + ("LSTM" in c["class_name"]))]
        start = [normal(f"stacked{i}", 3, n) for i, n in enumerate(sizes)]
        nest, place = [], 0
        for c in cells:
            n = 1 + ("LSTM" in c["class_name"])
            nest.append(n)
            place += n
        add("StackedRNNCells", {"cells": cells}, x[:, 0], states=start, nest=nest)


def bidirectional(add):
    x = normal("both", 3, 4, 2)
    name = "Bidirectional"

    def inner(kind, **config):
        return {"layer": {"class_name": kind, "config": {"units": 2, **config}}}

    whole = {"return_sequences": True}
    for mode in ("concat", "sum", "mul", "ave", None):
        config = {} if mode == "concat" else {"merge_mode": mode}
        add(name, {**inner("LSTM"), **config}, x)
        add(name, {**inner("GRU", **whole), **config}, x)
    add(name, inner("SimpleRNN", **whole), x, training=True)
    add(name, inner("LSTM", return_state=True), x)
    add(name, {**inner("LSTM", **whole, return_state=True), "merge_mode": "sum"}, x)
    add(name, inner("LSTM", **whole), x, masks=[ENDING])
    add(name, inner("LSTM"), x, masks=[ENDING])
    add(name, inner("GRU", **whole), x, masks=[HOLES])
    add(name, {**inner("SimpleRNN", **whole), "merge_mode": "sum"}, x, masks=[HOLES])
    back = {"class_name": "LSTM", "config": {"units": 2, "go_backwards": True, "activation": "relu"}}
    add(name, {**inner("LSTM"), "backward_layer": back}, x)
    back = {"class_name": "SimpleRNN", "config": {"units": 3, "go_backwards": True, **whole}}
    add(name, {**inner("GRU", **whole), "backward_layer": back}, x)
    add(name, inner("LSTM"), x, states=[normal(f"both{i}", 3, 2) for i in range(4)])
    add(name, inner("GRU", **whole), x, states=[normal(f"both{i}", 3, 2) for i in range(2)])


def images(add):
    base = {"filters": 2, "kernel_size": [2, 2]}
    x = normal("film", 2, 3, 4, 4, 2)
    whole = {"return_sequences": True}
    for config in ({}, whole, {"return_state": True}, {**whole, "return_state": True},
                   {"padding": "same"}, {"padding": "same", **whole, "go_backwards": True},
                   {"strides": [2, 2], "padding": "same"}, {"strides": [2, 2]}, {"use_bias": False},
                   {"kernel_size": 3, "padding": "same", "activation": "relu"},
                   {"kernel_size": [3, 1], "recurrent_activation": "hard_sigmoid"},
                   {"dilation_rate": 2, "padding": "same"},
                   {"dropout": 0.3, "recurrent_dropout": 0.2}):  # fmt: skip
        add("ConvLSTM2D", {**base, **config}, x)
    add("ConvLSTM2D", {**base, **whole}, x, training=True)
    # A mask fails in Keras itself, with JAX.
    start = [normal(f"film{i}", 2, 4, 4, 2) for i in range(2)]
    add("ConvLSTM2D", {**base, "padding": "same"}, x, states=start)
    for rank, pixels in ((1, x[:, :, :, 0]), (3, normal("film", 1, 2, 3, 3, 2, 2))):
        for config in ({}, whole, {"padding": "same", "return_state": True},
                       {"strides": 2, "go_backwards": True}, {"use_bias": False, "activation": "relu"},
                       {**whole, "kernel_size": 1, "recurrent_activation": "hard_sigmoid"},
                       {"dilation_rate": 2, "padding": "same", "dropout": 0.3}):  # fmt: skip
            add(f"ConvLSTM{rank}D", {"filters": 2, "kernel_size": 2, **config}, pixels)


def stateful(family, class_name, config):
    """Two batches in a row, a reset of the state, and the first again."""
    case = family.next_name(class_name)
    rng = generator(f"stateful {class_name} {config}")
    arrays = {f"x{i}": f32(rng.normal(size=(2, 3, 2))) for i in range(2)}
    probe = make(class_name, config)
    probe(arrays["x0"])
    weights = []
    for index, v in enumerate(own_weights(probe)):
        name = short_name(v, probe)
        arrays[f"w{index}"] = f32(first_value(rng, name, v.shape))
        weights.append({"name": name, "tensor": f"w{index}"})

    def run(a):
        keras.utils.clear_session()
        layer = make(class_name, config)
        layer(a["x0"])
        for index, v in enumerate(own_weights(layer)):
            v.assign(a[f"w{index}"])
        layer.reset_state()
        ys = [np.asarray(layer(a["x0"])), np.asarray(layer(a["x1"]))]
        layer.reset_state()
        return {"outputs": [*ys, np.asarray(layer(a["x0"]))]}

    family.case(
        "layer", class_name, config, arrays, run, name=case, training=False,
        inputs=["x0", "x1"], weights=weights, calls=["x0", "x1", "reset", "x0"],
    )  # fmt: skip
