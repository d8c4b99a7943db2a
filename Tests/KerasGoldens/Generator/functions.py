"""Activations, initializers, regularizers and constraints."""

import jax
import keras
import numpy as np

from harness import Family, f32, generator

NEAR = np.linspace(-6.1, 6.1, 42)
TAILS = [-90, -45.5, -30, -20.5, -12, -9.25, -7.7, 7.7, 9.25, 12, 20.5, 30, 45.5, 85]
SMALL = [-1e-3, -1e-5, -1e-8, -1e-20, 1e-20, 1e-8, 1e-5, 1e-3]


def activations():
    family = Family("activations")

    def add(name, config, x, **options):
        x = f32(x)
        c = f32(generator(f"{name}{config}{x.shape}").uniform(0.5, 1.5, x.shape))
        probe = keras.ops.convert_to_numpy(activation(name, config)(x))
        c = c.reshape(-1)[: probe.size].reshape(probe.shape)

        def run(a):
            f = activation(name, config)
            y, pull = jax.vjp(f, jax.numpy.asarray(a["x"]))
            c = jax.numpy.asarray(a["c"], y.dtype)
            return {"outputs": [y], "input_gradients": [pull(c)[0]]}

        options.setdefault("rule", "elementwise")
        family.case(
            "activation", name, config, {"x": x, "c": c}, run,
            inputs=["x"], cotangents=["c"], **options,
        )

    elementwise = {
        "linear": [{}],
        "relu": [{}, {"negative_slope": 0.1}, {"max_value": 4.0}, {"threshold": 1.5},
                 {"negative_slope": 0.2, "max_value": 3.0, "threshold": 0.5}],
        "sigmoid": [{}],
        "tanh": [{}],
        "elu": [{}, {"alpha": 0.5}],
        "selu": [{}],
        "softplus": [{}],
        "softsign": [{}],
        "silu": [{}],
        "gelu": [{}, {"approximate": True}],
        "leaky_relu": [{}, {"negative_slope": 0.3}],
        "relu6": [{}],
        "hard_sigmoid": [{}],
        "hard_silu": [{}],
        "mish": [{}],
        "exponential": [{}],
        "log_sigmoid": [{}],
        "celu": [{}, {"alpha": 0.5}],
        "hard_tanh": [{}],
        "hard_shrink": [{}, {"threshold": 1.25}],
        "soft_shrink": [{}, {"threshold": 1.25}],
        "tanh_shrink": [{}],
        "squareplus": [{}, {"b": 1}],
        "sparse_plus": [{}],
        "sparse_sigmoid": [{}],
        "threshold": [{"threshold": 0.75, "default_value": -2.0}],
    }  # fmt: skip
    for name, configs in elementwise.items():
        for config in configs:
            # These subtract nearly equal numbers as Keras writes them.
            cancels = name == "squareplus" or config == {"approximate": True}
            rule = {"rule": "scale"} if cancels else {}
            add(name, config, NEAR.reshape(6, 7), **rule)
            add(name, config, TAILS, **rule)
            add(name, config, SMALL)
    add("swish", {}, NEAR)
    add("hard_swish", {}, NEAR)
    add("relu", {}, [-1.0, -0.0, 0.0, 1.0])

    rng = generator("rows")
    rows = rng.normal(size=(4, 5)) * 2
    tails = [[1000.0, 0, -1000], [80, 81, 82], [-90, -91, -200], [0, 0, 0]]
    cube = rng.normal(size=(2, 3, 4))
    for name in ("softmax", "log_softmax", "sparsemax"):
        add(name, {}, rows, rule="scale")
        add(name, {"axis": 0}, rows, rule="scale")
        add(name, {"axis": 1}, cube, rule="scale")
        if name != "sparsemax":
            add(name, {}, tails, rule="elementwise")
            add(name, {}, cube * 0.01, rule="scale")
    add("softmax", {"axis": [1, 2]}, cube, rule="scale")
    add("glu", {}, rng.normal(size=(3, 6)))
    add("glu", {"axis": 0}, rng.normal(size=(4, 3)))
    add("glu", {"axis": 1}, rng.normal(size=(2, 4, 3)))
    family.write()


def sparsemax(x, axis=-1):
    """Martins and Astudillo, 2016, algorithm 1: Keras' own sums the wrong numbers, and so do its
    rows not add up to 1 (of [.98, -2.6, 1.28, -1.1, -1.6] it makes [0, 0, .01, 0, 0])."""
    z = -jax.numpy.sort(-x, axis=axis)
    sizes = [1] * x.ndim
    sizes[axis] = -1
    k = jax.numpy.arange(1, x.shape[axis] + 1, dtype=x.dtype).reshape(sizes)
    support = 1 + k * z > jax.numpy.cumsum(z, axis=axis)
    total = jax.numpy.sum(jax.numpy.where(support, z, 0), axis=axis, keepdims=True)
    tau = (total - 1) / jax.numpy.sum(support, axis=axis, keepdims=True)
    return jax.numpy.maximum(x - tau, 0)


def activation(name, config):
    function = sparsemax if name == "sparsemax" else keras.activations.get(name)
    config = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    return lambda x: function(x, **config)


def initializers():
    """What the numbers must be, confirmed on a big draw of Keras' own."""
    family = Family("initializers")

    def exact(name, config, shape):
        def run(a):
            made = keras.initializers.get({"class_name": name, "config": config})
            return {"outputs": [np.asarray(made(tuple(shape)))]}

        family.case("initializer", name, config, {}, run, rule="exact", shape=list(shape))

    def drawn(name, config, shape, std, limit, mean=0.0):
        def run(a):
            return {}

        made = keras.initializers.get({"class_name": name, "config": {**config, "seed": 7}})
        big = np.asarray(made(tuple(shape)), np.float64)
        error = std / np.sqrt(big.size)
        assert abs(big.mean() - mean) < 5 * error, (name, config, big.mean())
        assert abs(big.std() - std) < 5 * error, (name, config, big.std(), std)
        if limit is not None:
            assert np.abs(big - mean).max() <= limit * (1 + 1e-6), (name, config)
            assert np.abs(big - mean).max() > limit * 0.99
        family.case(
            "initializer", name, config, {}, run, shape=list(shape),
            statistics={"mean": mean, "std": std, "limit": limit, "fans": fans(shape)},
        )

    for shape in ([3], [2, 3], [2, 1, 3], [3, 3, 2, 4]):
        exact("Zeros", {}, shape)
        exact("Ones", {}, shape)
    for config in ({"value": 0.0}, {"value": 0.25}, {"value": -3}):
        exact("Constant", config, [2, 3])
    for config in ({}, {"gain": 2.5}):
        for shape in ([3, 3], [2, 4], [4, 2]):
            exact("Identity", config, shape)

    flat = 1 / np.sqrt(3)
    # The standard deviation that is left of a normal cut at two of its own.
    cut = 0.87962566103423978
    shapes = ([2000, 500], [600, 700], [3, 3, 160, 320], [5, 200, 300], [3, 2, 2, 100, 200])
    for m, s in ((0.0, 0.05), (1.0, 0.5), (-0.25, 2.0)):
        config = {} if s == 0.05 else {"mean": m, "stddev": s}
        drawn("RandomNormal", config, [400, 500], s, None, m)
        drawn("TruncatedNormal", config, [400, 500], s * cut, 2 * s, m)
    for low, high in ((-0.05, 0.05), (-1.0, 3.0), (0.0, 0.5)):
        config = {} if high == 0.05 else {"minval": low, "maxval": high}
        half = (high - low) / 2
        drawn("RandomUniform", config, [400, 500], half * flat, half, (low + high) / 2)
    for shape in shapes:
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        for name, scale, mode in (("Glorot", 1, "fan_avg"), ("He", 2, "fan_in"),
                                  ("Lecun", 1, "fan_in")):  # fmt: skip
            s = np.sqrt(scale / n[mode])
            drawn(name + "Normal", {}, shape, s, 2 * s / cut)
            drawn(name + "Uniform", {}, shape, s, s / flat)
    shape = [3, 160, 320]
    fan_in, fan_out = fans(shape)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    drawn("VarianceScaling", {}, shape, np.sqrt(1 / fan_in), 2 / cut * np.sqrt(1 / fan_in))
    for mode in n:
        for kind in ("truncated_normal", "untruncated_normal", "uniform"):
            s = np.sqrt(0.7 / n[mode])
            limit = {"truncated_normal": 2 * s / cut, "untruncated_normal": None,
                     "uniform": s / flat}[kind]  # fmt: skip
            config = {"scale": 0.7, "mode": mode, "distribution": kind}
            drawn("VarianceScaling", config, shape, s, limit)

    # Orthogonal: the Gram matrix of the shorter side is gain² times the identity.
    for config, shape in (({}, [5, 5]), ({}, [3, 7]), ({}, [7, 3]), ({"gain": 2.0}, [4, 6]),
                          ({}, [2, 3, 4]), ({"gain": 0.5}, [3, 3, 2, 4])):  # fmt: skip

        def run(a):
            made = keras.initializers.get(
                {"class_name": "OrthogonalInitializer", "config": {**config, "seed": 3}}
            )
            matrix = np.asarray(made(tuple(shape))).reshape(-1, shape[-1])
            wide = matrix.shape[0] < matrix.shape[1]
            gram = matrix @ matrix.T if wide else matrix.T @ matrix
            size = min(matrix.shape)
            wanted = np.eye(size, dtype=gram.dtype) * config.get("gain", 1.0) ** 2
            assert np.abs(gram - wanted).max() < 1e-5
            return {"outputs": [wanted]}

        family.case("initializer", "Orthogonal", config, {}, run, shape=shape, gram=True)
    family.write()


def fans(shape):
    receptive = int(np.prod(shape[:-2]))
    return [shape[-2] * receptive, shape[-1] * receptive]


def regularizers():
    family = Family("regularizers")
    shapes = ([4, 3], [5], [3, 3, 2, 4])

    def add(name, config, shape, scale=1.0):
        x = f32(generator(f"{name}{config}{shape}").normal(size=shape) * scale)

        def run(a):
            made = keras.regularizers.get({"class_name": name, "config": config})
            value, gradient = jax.value_and_grad(made)(jax.numpy.asarray(a["x"]))
            return {"outputs": [value], "input_gradients": [gradient]}

        family.case("regularizer", name, config, {"x": x}, run, inputs=["x"])

    for shape in shapes:
        for config in ({}, {"l1": 0.25}):
            add("L1", config, shape)
        for config in ({}, {"l2": 1e-4}, {"l2": 0.5}):
            add("L2", config, shape)
        for config in ({}, {"l1": 0.1}, {"l2": 0.2}, {"l1": 0.01, "l2": 0.02}):
            add("L1L2", config, shape, 3.0)
    for shape in ([4, 3], [3, 5], [3, 3]):
        for config in ({}, {"factor": 0.5, "mode": "columns"}, {"factor": 2.0}):
            add("OrthogonalRegularizer", config, shape)
    family.write()


def constraints():
    family = Family("constraints")

    def add(name, config, x):
        def run(a):
            made = keras.constraints.get({"class_name": name, "config": config})
            return {"outputs": [made(jax.numpy.asarray(a["x"]))]}

        family.case("constraint", name, config, {"x": f32(x)}, run, inputs=["x"])

    rng = generator("constraints")
    tall, kernel = rng.normal(size=(5, 3)) * 2, rng.normal(size=(3, 3, 2, 4))
    small = rng.normal(size=(4, 3)) * 0.1
    holed = rng.normal(size=(4, 3))
    holed[:, 1] = 0
    for x in (tall, kernel, small, holed, rng.normal(size=(6,)), -np.abs(small)):
        add("NonNeg", {}, x)
    axes = {"axis": [0, 1, 2]}
    for name, extra in (("MaxNorm", {"max_value": 0.75}), ("UnitNorm", {}),
                        ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.75})):  # fmt: skip
        for x in (tall, small, holed):
            add(name, {}, x)
            add(name, extra, x)
        add(name, {**extra, "axis": 1}, tall)
        add(name, {**extra, **axes}, kernel)
        add(name, {**extra, "axis": 0}, rng.normal(size=(6,)))
    for rate in (0.0, 0.25, 0.5):
        add("MinMaxNorm", {"min_value": 1.0, "max_value": 1.5, "rate": rate}, tall)
    family.write()
