"""Layers without a family of their own: dense, shapes, activations, embeddings."""

import numpy as np

from harness import Family, generator
from layercases import layer_case


def normal(name, *shape, scale=1.0):
    return generator(f"{name}{shape}").normal(size=shape) * scale


def core():
    family = Family("core")

    def add(class_name, config, inputs, **options):
        layer_case(family, class_name, config, inputs, **options)

    dense(add)
    shapes(add)
    activations(add)
    embeddings(add)
    wrappers(add)
    family.write()


def dense(add):
    x, x3 = normal("dense", 4, 5), normal("dense", 2, 3, 4)
    add("Dense", {"units": 3}, x)
    add("Dense", {"units": 3, "use_bias": False}, x)
    for activation in ("relu", "tanh", "sigmoid", "softmax", "elu", "gelu", "swish"):
        add("Dense", {"units": 3, "activation": activation}, x)
    add("Dense", {"units": 6}, x3)
    add("Dense", {"units": 2, "activation": "softmax"}, normal("dense", 2, 2, 2, 3))
    add("Dense", {"units": 1}, normal("dense", 1, 1))
    add("Dense", {"units": 3}, x, training=True)
    penalties = {"kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.1}},
                 "bias_regularizer": {"class_name": "L1", "config": {"l1": 0.2}},
                 "activity_regularizer": {"class_name": "L1L2", "config": {"l1": 0.1, "l2": 0.3}}}  # fmt: skip
    for keys in (["kernel_regularizer"], ["bias_regularizer"], ["activity_regularizer"],
                 list(penalties)):  # fmt: skip
        add("Dense", {"units": 3, **{key: penalties[key] for key in keys}}, x, training=True)
    add("Dense", {"units": 3, "kernel_initializer": {"class_name": "HeNormal", "config": {}},
        "bias_initializer": "ones"}, x)  # fmt: skip
    add("Dense", {"units": 2}, x3, masks=[[[1, 1, 0], [1, 0, 0]]])
    for equation, output, bias, shape in (
        ("ab,bc->ac", 4, None, (3, 5)), ("ab,bc->ac", 4, "c", (3, 5)),
        ("abc,cd->abd", [None, 6], "d", (2, 3, 4)), ("abc,cd->abd", [3, 6], "bd", (2, 3, 4)),
        ("...x,xy->...y", 4, "y", (2, 3, 5)), ("abc,cde->abde", [None, 2, 3], "de", (2, 3, 4)),
        ("abcd,cde->abe", [None, 5], "e", (2, 3, 2, 4)), ("ab,bc->ac", 2, "c", (2, 3)),
    ):  # fmt: skip
        config = {"equation": equation, "output_shape": output}
        if bias:
            config["bias_axes"] = bias
        add("EinsumDense", config, normal("einsum", *shape))
    add("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 4, "activation": "tanh"}, x)


def shapes(add):
    for shape in ((2, 3), (2, 3, 4), (2, 2, 3, 2), (2, 1, 1, 3), (1, 2, 2, 2, 2), (3,)):
        add("Flatten", {}, normal("flatten", *shape))
    for target, shape in (([6], (2, 2, 3)), ([3, 2], (2, 6)), ([-1], (2, 2, 3)),
                          ([-1, 2], (2, 3, 4)), ([2, -1, 2], (2, 8)), ([2, 3, 1], (2, 3, 2))):
        add("Reshape", {"target_shape": target}, normal("reshape", *shape))
    for dims, shape in (([2, 1], (2, 3, 4)), ([1, 2], (2, 3, 4)), ([3, 1, 2], (2, 2, 3, 4)),
                        ([2, 3, 1], (2, 2, 3, 4)), ([1], (2, 3)), ([4, 3, 2, 1], (2, 1, 2, 3, 2))):  # fmt: skip
        add("Permute", {"dims": dims}, normal("permute", *shape))
    for n, shape in ((1, (2, 3)), (2, (2, 3)), (4, (1, 2)), (3, (3, 1)), (5, (2, 2)), (2, (4, 5))):
        add("RepeatVector", {"n": n}, normal("repeat", *shape))
    for shape in ((2, 3), (2, 3, 4), (3, 1), (2, 2, 2, 2), (1,), (5, 2)):
        add("Identity", {}, normal("identity", *shape))
    for l1, l2 in ((0.1, 0.0), (0.0, 0.2), (0.1, 0.2), (0.0, 0.0), (1.0, 0.5), (0.01, 0.01)):
        add("ActivityRegularization", {"l1": l1, "l2": l2}, normal("activity", 3, 4),
            training=l1 != 1.0)  # fmt: skip


def activations(add):
    x, x3 = normal("activation", 3, 5, scale=2.0), normal("activation", 2, 3, 4, scale=2.0)
    for name in ("relu", "softmax", "tanh", "sigmoid", "selu", "hard_sigmoid", "mish", "linear",
                 "log_softmax", "softplus"):  # fmt: skip
        add("Activation", {"activation": name}, x)
    for config in ({}, {"max_value": 1.0}, {"negative_slope": 0.1}, {"threshold": 0.5},
                   {"max_value": 2.0, "negative_slope": 0.2, "threshold": 0.1},
                   {"max_value": 6.0}):  # fmt: skip
        add("ReLU", config, x)
    for config in ({}, {"negative_slope": 0.1}, {"negative_slope": 0.0}):
        add("LeakyReLU", config, x)
        add("LeakyReLU", config, x3)
    for config in ({}, {"alpha": 0.5}, {"alpha": 2.0}):
        add("ELU", config, x)
        add("ELU", config, x3)
    image = normal("prelu", 2, 3, 2, 4)
    add("PReLU", {}, x)
    add("PReLU", {}, x3)
    add("PReLU", {"shared_axes": [1]}, x3)
    add("PReLU", {"shared_axes": [1, 2]}, image)
    add("PReLU", {"shared_axes": [3]}, image)
    add("PReLU", {"alpha_initializer": {"class_name": "Constant", "config": {"value": 0.25}}}, x)
    add("PReLU", {"alpha_regularizer": {"class_name": "L2", "config": {"l2": 0.1}}}, x,
        training=True)  # fmt: skip
    for config in ({}, {"axis": 1}, {"axis": -2}, {"axis": [1, 2]}):
        add("Softmax", config, x3)
    add("Softmax", {}, x)
    add("Softmax", {}, x * 20)
    mask = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1], [1, 0, 0, 0, 0]], bool)
    add("Softmax", {}, x, tensors={"mask": mask})
    add("Softmax", {"axis": [1, 2]}, x3, tensors={"mask": generator("mask").uniform(size=(2, 3, 4)) < 0.7})


def embeddings(add):
    rng = generator("embeddings")
    ids, flat = rng.integers(6, size=(2, 4)), rng.integers(6, size=(5,))
    ids[0, 1] = ids[1, 3] = 0
    add("Embedding", {"input_dim": 6, "output_dim": 3}, ids)
    add("Embedding", {"input_dim": 6, "output_dim": 3}, flat)
    add("Embedding", {"input_dim": 6, "output_dim": 3, "mask_zero": True}, ids)
    add("Embedding", {"input_dim": 6, "output_dim": 1}, ids[None])
    add("Embedding", {"input_dim": 10, "output_dim": 2}, np.array([[3, 3, 3]]), training=True)
    add("Embedding", {"input_dim": 6, "output_dim": 3, "embeddings_regularizer":
        {"class_name": "L2", "config": {"l2": 0.1}}}, ids, training=True)  # fmt: skip
    add("Embedding", {"input_dim": 6, "output_dim": 3, "embeddings_initializer": "ones"},
        ids.astype(float))  # fmt: skip
    x = rng.normal(size=(2, 4, 3))
    x[0, 1:] = 0
    x[1, 2] = 0
    for value in (0.0, -1.0, 2.5):
        y = np.where(x == 0, value, x)
        add("Masking", {"mask_value": value} if value else {}, y)
        add("Masking", {"mask_value": value} if value else {}, y[:, :, :1], training=True)


def wrappers(add):
    x3, image = normal("wrapped", 2, 3, 4), normal("wrapped", 2, 2, 5, 5, 2)

    def inner(class_name, config):
        return {"layer": {"class_name": class_name, "config": config}}

    name = "TimeDistributed"
    add(name, inner("Dense", {"units": 2}), x3)
    add(name, inner("Dense", {"units": 2, "activation": "relu"}), x3, training=True)
    add(name, inner("Conv2D", {"filters": 2, "kernel_size": [3, 3]}), image)
    add(name, inner("Flatten", {}), image)
    add(name, inner("BatchNormalization", {}), x3, training=True)
    add(name, inner("LSTM", {"units": 2}), normal("wrapped", 2, 2, 3, 4))
    add(name, inner("Dense", {"units": 2}), x3, masks=[[[1, 1, 0], [1, 0, 0]]])
    name = "SpectralNormalization"
    x, picture = normal("spectral", 4, 5), normal("spectral", 2, 5, 5, 2)
    for training in (False, True):
        add(name, inner("Dense", {"units": 3}), x, training=training)
        add(name, {**inner("Dense", {"units": 3}), "power_iterations": 3}, x, training=training)
        add(name, inner("Conv2D", {"filters": 3, "kernel_size": [2, 2]}), picture,
            training=training)  # fmt: skip
