"""Makes the golden vectors of the tensor operations: inputs, results, how closely to compare.

    python3 -m venv "$VENV"                    # a folder outside the repository
    "$VENV"/bin/pip install jax==0.10.2 numpy==2.4.6 scipy==1.17.1 safetensors==0.8.0
    "$VENV"/bin/python make_goldens.py            # writes beside itself
    "$VENV"/bin/python make_goldens.py --check    # compares with what is there

What an operation means is in references.py; this file is the table of cases, one function per
family. A case is an operation, its inputs and its attributes. An input is an array, a shape (drawn
from the standard normal distribution, float32), or one of the draws below. The seed of a case is
its name, so a new case changes no other. Names are numbered: add at the end of an operation's cases.
"""

import inspect
import itertools
import json
import math
import platform
import sys
import warnings
import zlib
from pathlib import Path

import jax
import numpy as np
import safetensors
import safetensors.numpy
import scipy

from references import REFERENCES, Sum

HERE = Path(__file__).parent
F32, F64, I32, I64, U8 = np.float32, np.float64, np.int32, np.int64, np.uint8
INF, NAN = np.inf, np.nan
LARGEST, SMALLEST, NORMAL = float(np.finfo(F32).max), 2.0**-149, 2.0**-126


# Draws -------------------------------------------------------------------------------------------

def normal(*shape, scale=1, offset=0, dtype=F32):
    return lambda random: (random.standard_normal(shape) * scale + offset).astype(dtype)


def uniform(low, high, *shape, dtype=F32):
    return lambda random: random.uniform(low, high, shape).astype(dtype)


def integers(low, high, *shape, dtype=I32):
    """low ..< high"""
    return lambda random: random.integers(low, high, shape).astype(dtype)


def booleans(*shape):
    return lambda random: random.integers(0, 2, shape).astype(bool)


def floats(*values):
    return np.array(values, F32)


def magnitudes(low, high, count=40):
    """Both signs, evenly spaced logarithms."""
    x = np.geomspace(low, high, count, dtype=F64)
    return np.concatenate([-x[::-1], x]).astype(F32)


# A family: one .safetensors, one .json -----------------------------------------------------------

class Family:
    def __init__(self, name):
        self.name, self.tensors, self.manifest, self.counts = name, {}, [], {}

    def __call__(self, operation, *inputs, tag=None, **attributes):
        """Adds a case. Of the attributes, `absolute` and `signedZeros` say how to compare."""
        number = self.counts.setdefault(operation, 0)
        self.counts[operation] += tag is None
        case = f"{operation}_{number if tag is None else tag}"
        row = {"case": case, "operation": operation}
        compare = {key: attributes.pop(key) for key in COMPARE if key in attributes}

        random = np.random.default_rng(zlib.crc32(case.encode()))
        inputs = [normal(*x) if isinstance(x, tuple) else x for x in inputs]
        inputs = [x(random) if callable(x) else x for x in inputs]

        rule, function = REFERENCES[operation]
        defaults = inspect.signature(function).parameters.values()
        defaults = {p.name: p.default for p in defaults if p.default is not p.empty}
        assert attributes.keys() <= defaults.keys(), (case, attributes)
        attributes = defaults | attributes
        floating = any(x.dtype.kind == "f" for x in inputs)
        if rule in ("elementwise", "sum") and not floating:
            rule = "exact"
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN
            results = function(*map(widened, inputs) if rule != "exact" else inputs, **attributes)

        extra = {}
        if isinstance(results, Sum):
            results, k, absum = results
            if rule == "sum":
                extra["k"], extra["absum"] = int(k), f"{case}/absum"
                self.put(f"{case}/absum", np.nextafter(np.asarray(absum, F32), F32(INF)))
        several = isinstance(results, list)
        results = results if several else [results]
        narrow = not any(x.dtype == F64 for x in inputs)
        for index, x in enumerate(inputs):
            self.put(f"{case}/{index}", x)
        for index, y in enumerate(map(np.asarray, results)):
            if rule != "exact":
                assert y.dtype == F64, (case, y.dtype)
                y = overflowed(y) if narrow else y
            assert y.dtype in STORED, (case, y.dtype)
            self.put(f"{case}/y{index}" if several else f"{case}/y", y)
        row |= {"attributes": attributes, "inputs": len(inputs), "outputs": len(results)}
        self.manifest.append(row | {"rule": rule} | extra | compare)

    def put(self, name, x):
        assert name not in self.tensors, name
        self.tensors[name] = np.array(x, order="C")

    def files(self):
        rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in self.manifest)
        yield f"{self.name}.safetensors", safetensors.numpy.save(self.tensors)
        yield f"{self.name}.json", f"[\n{rows}\n]\n".encode()


COMPARE = ("absolute", "signedZeros")
STORED = (F32, F64, I32, I64, U8, np.bool_)
# Two steps of the smallest float: for results that must be right relative to their size, however
# small they are.
RELATIVE = {"absolute": 2 * SMALLEST}


def widened(x):
    return x.astype(F64) if x.dtype.kind == "f" else x


def overflowed(y):
    """What is beyond float32 is infinite there."""
    with np.errstate(over="ignore"):
        return np.where(np.isfinite(y) & np.isinf(y.astype(F32)), np.copysign(INF, y), y)


# Elementwise -------------------------------------------------------------------------------------

SPECIAL = floats(
    0.0, -0.0, INF, -INF, NAN, SMALLEST, -SMALLEST, NORMAL - SMALLEST, SMALLEST - NORMAL, NORMAL,
    -NORMAL, 1e-20, -1e-20, 1, -1, 1 - 2**-24, 2**-24 - 1, 1 + 2**-23, -1 - 2**-23, 0.5, -0.5, 1.5,
    -1.5, 2.5, -2.5, 0.4999999, -0.4999999, 3, -3, 20, -20, 88, -88, 1e5, -1e5, 4194303.5, 8388609,
    -8388609,
)
BEYOND = floats(1e10, -1e10, 2**31, -(2**31), 2**63, 1e20, -1e20, LARGEST, -LARGEST)
HALF_PI = math.pi / 2

SHAPES = [(), (67,), (0,), (3, 0, 2), (2, 3, 1, 5, 2)]

# Every pair broadcasts: scalars, equal shapes, leading axes, ones on either side, empty ones.
PAIRS = [
    ((), ()),
    ((5,), ()),
    ((), (2, 3)),
    ((17,), (17,)),
    ((3, 7), (7,)),
    ((5,), (2, 3, 5)),
    ((4, 1), (1, 9)),
    ((2, 3, 4), (3, 1)),
    ((2, 1, 3, 1), (1, 4, 1, 5)),
    ((2, 1, 2, 3, 1), (3, 1, 1, 2)),
    ((1, 1), (3,)),
    ((0,), ()),
    ((3, 0), (1,)),
    ((2, 1, 3), (2, 0, 1)),
]

# operation: the interval that inputs are drawn from, whether its odd symmetry keeps a zero's sign
UNARY = {
    "abs": (-9, 9, True),
    "sign": (-9, 9, False),
    "negate": (-9, 9, True),
    "square": (-9, 9, True),
    "sqrt": (0, 99, True),
    "rsqrt": (0.001, 99, False),
    "reciprocal": (-9, 9, False),
    "exp": (-20, 20, False),
    "expm1": (-5, 5, True),
    "log": (0.001, 99, False),
    "log1p": (-0.99, 9, True),
    "log2": (0.001, 99, False),
    "sin": (-99, 99, True),
    "cos": (-99, 99, False),
    "tan": (-9, 9, True),
    "asin": (-1, 1, True),
    "acos": (-1, 1, False),
    "atan": (-9, 9, True),
    "sinh": (-9, 9, True),
    "cosh": (-9, 9, False),
    "tanh": (-6, 6, True),
    "sigmoid": (-9, 9, False),
    "softplus": (-9, 9, False),
    "erf": (-4, 4, True),
    "floor": (-9, 9, True),
    "ceil": (-9, 9, True),
    "round": (-9, 9, True),
    "isNaN": (-9, 9, False),
    "isInfinite": (-9, 9, False),
    "isFinite": (-9, 9, False),
}
PERIODIC = ("sin", "cos", "tan")

# operation: inputs whose results must be right relative to their size
TAILS = {
    "sqrt": magnitudes(SMALLEST, LARGEST),
    "exp": np.concatenate([np.linspace(-103.9, -80, 60), np.linspace(80, 88.9, 40)]).astype(F32),
    "expm1": magnitudes(1e-38, 1),
    "log": np.abs(magnitudes(SMALLEST, LARGEST)),
    "log1p": magnitudes(1e-38, 0.9),
    "sin": magnitudes(1e-38, 1),
    "tan": magnitudes(1e-38, 1),
    "asin": magnitudes(1e-38, 1),
    "atan": magnitudes(1e-38, 1e38),
    "sinh": magnitudes(1e-38, 1),
    "tanh": magnitudes(1e-38, 30),
    "sigmoid": np.linspace(-87, -9, 80).astype(F32),
    "erf": magnitudes(1e-38, 9),
}


def elementwise(case):
    for name, (low, high, signed) in UNARY.items():
        for shape in SHAPES:
            case(name, uniform(low, high, *shape))
        case(name, np.linspace(low, high, 151, dtype=F32), tag="sweep")
        signs = {"signedZeros": True} if signed else {}
        beyond = [] if name in PERIODIC else BEYOND
        case(name, np.concatenate([SPECIAL, beyond], dtype=F32), tag="special", **signs)
        if REFERENCES[name][0] == "elementwise":
            case(name, uniform(low, high, 5, 7, dtype=F64), tag="float64")
    for name, x in TAILS.items():
        case(name, x, tag="tails", **RELATIVE)
    for name in PERIODIC:
        case(name, np.linspace(-1e5, 1e5, 101, dtype=F32), tag="large")
        case(name, np.concatenate([magnitudes(1e6, LARGEST), BEYOND]), tag="huge")
    case("log", (1 + magnitudes(2**-23, 0.1)).astype(F32), tag="near_one", **RELATIVE)
    case("sigmoid", np.linspace(-103.9, -87.4, 40, dtype=F32), tag="denormal", **RELATIVE)
    case("tan", floats(HALF_PI, -HALF_PI, 3 * HALF_PI, 51 * HALF_PI), tag="poles")
    case("exp", floats(88.72283, 88.72284, -88, 88, -103.97, -103.98), tag="edges", **RELATIVE)
    for name in ("abs", "sign", "negate", "square"):
        case(name, integers(-99, 99, 3, 7), tag="int32")
        case(name, integers(-99, 99, 3, 7, dtype=I64), tag="int64")

    for name in ("add", "subtract", "multiply", "divide", "minimum", "maximum"):
        for a, b in PAIRS:
            case(name, a, b)
    for name in ("floorDivide", "remainder"):
        for a, b in PAIRS:
            case(name, uniform(-9, 9, *a), uniform(-3, 3, *b))
    for a, b in PAIRS:
        case("pow", uniform(0.1, 3, *a), uniform(-4, 4, *b))
    for a, b in PAIRS:
        case("atan2", a, b)
    for name in ("equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"):
        for a, b in PAIRS:
            case(name, integers(-1, 2, *a, dtype=F32), integers(-1, 2, *b, dtype=F32))
        case(name, integers(-2, 2, 4, 5), integers(-2, 2, 5), tag="int32")
        case(name, integers(-2, 2, 4, 5, dtype=I64), integers(-2, 2, 4, 1, dtype=I64), tag="int64")
        case(name, integers(0, 256, 99, dtype=U8), integers(0, 256, 99, dtype=U8), tag="uint8")
        case(name, booleans(4, 5), booleans(5), tag="bool")
    for name in ("logicalAnd", "logicalOr", "logicalXor"):
        for a, b in PAIRS:
            case(name, booleans(*a), booleans(*b))
    for shape in SHAPES:
        case("logicalNot", booleans(*shape))

    few = floats(0.0, -0.0, 1, -1, 0.5, 2, -2, 3, -3, INF, -INF, NAN, 1e-40, LARGEST)
    grid = few[:, None], few[None, :]
    for name in ("add", "subtract", "multiply", "divide", "pow", "atan2"):
        case(name, *grid, tag="special", signedZeros=True)
    for name in ("minimum", "maximum", "floorDivide", "remainder", "equal", "notEqual", "less",
                 "lessEqual", "greater", "greaterEqual"):
        case(name, *grid, tag="special")
    case("pow", uniform(-3, 3, 9, 1), np.arange(-4, 5, dtype=F32), tag="negative_base")
    case("pow", uniform(0.9, 1.1, 50), uniform(-500, 500, 50), tag="large_exponent")
    case("atan2", uniform(-9, 9, 9, 1, dtype=F64), uniform(-9, 9, 9, dtype=F64), tag="float64")
    case("pow", uniform(0.1, 3, 9, 1, dtype=F64), uniform(-4, 4, 9, dtype=F64), tag="float64")
    for dtype, low in ((I32, -20), (I64, -20), (U8, 0)):
        for name in ("add", "subtract", "multiply", "minimum", "maximum"):
            draws = integers(low, 100, 4, 5, dtype=dtype), integers(low, 100, 4, 1, dtype=dtype)
            case(name, *draws, tag=np.dtype(dtype).name)
        for name in ("floorDivide", "remainder"):
            draws = integers(low, 100, 9, 1, dtype=dtype), np.arange(9).astype(dtype)
            draws = draws[0], draws[1] - dtype(4) if low else draws[1]
            case(name, *draws, tag=np.dtype(dtype).name)
    ends = np.array([-(2**31), -1, 0, 1, 2**31 - 1], I32)
    for name in ("add", "subtract", "multiply"):
        case(name, ends[:, None], ends, tag="int32_wraps")

    for a, b in PAIRS:
        case("where", booleans(*b), a, b)
    case("where", booleans(3, 1), (), (1, 4))
    case("where", booleans(), (2, 2), (2,))
    case("where", booleans(4, 5), integers(-9, 9, 5), integers(-9, 9, 4, 1))
    case("where", booleans(2, 5), booleans(5), booleans(2, 1))
    case("where", booleans(14), few, few[::-1].copy())

    for a, b in PAIRS:
        case("replacing", a, b, booleans(*b))
    case("replacing", (1, 4), (), booleans(3, 1))
    case("replacing", integers(-9, 9, 5), integers(-9, 9, 4, 1), booleans(4, 5))
    case("replacing", few, few[::-1].copy(), booleans(14))

    for low, high in ((-1.0, 1.0), (None, 0.5), (0.25, None), (0.0, 0.0), (0.0, 6.0)):
        case("clip", (3, 7), minimum=low, maximum=high)
        case("clip", SPECIAL, minimum=low, maximum=high)
    case("clip", integers(-9, 9, 3, 7), minimum=-3, maximum=5)
    case("clip", (0, 2), minimum=-1.0, maximum=1.0)

    types = "float32", "float64", "int32", "int64", "uint8", "bool"
    for source, target in itertools.permutations(types, 2):
        draw = booleans(2, 9) if source == "bool" else integers(0, 3, 2, 9, dtype=source)
        case("cast", draw, to=target)
    case("cast", floats(-2.9, -0.5, -0.0, 0.5, 1.9, 1e9, -1e9), to="int32", tag="truncates")
    case("cast", floats(0.0, -0.0, NAN, INF, SMALLEST, -1), to="bool", tag="is_not_zero")


# Activations -------------------------------------------------------------------------------------

CURVES = [
    ("relu", {}),
    ("leakyRelu", {}),
    ("leakyRelu", {"negativeSlope": 0.01}),
    ("leakyRelu", {"negativeSlope": 0.0}),
    ("elu", {}),
    ("elu", {"alpha": 0.3}),
    ("selu", {}),
    ("gelu", {"approximate": False}),
    ("gelu", {"approximate": True}),
    ("silu", {}),
    ("softsign", {}),
    ("hardSigmoid", {}),
    ("mish", {}),
]
# x / x and 0 * x of an infinite x: NaN by the formula, though the limit is finite.
INDETERMINATE = {"gelu": (-INF,), "silu": (-INF,), "mish": (-INF,), "softsign": (INF, -INF)}

# shape, axis
ROWS = [
    ((5,), 0),
    ((1,), 0),
    ((3, 7), -1),
    ((3, 7), 0),
    ((67, 2), 0),
    ((2, 67), -1),
    ((2, 3, 4), 1),
    ((2, 3, 4), -3),
    ((2, 1, 3, 5), 2),
    ((2, 2, 1, 3, 2), 3),
    ((0, 4), -1),
    ((4, 0), 0),
    ((2, 300), -1),
]
EXTREME_ROWS = floats(
    [0, 0, 0], [1000, 1001, 999], [-1000, -1001, -999], [100, 0, -100], [-INF, 0, 1],
    [-INF, -INF, 3], [NAN, 0, 1], [1e-40, -1e-40, 0], [LARGEST, 0, -LARGEST], [88.5, 88.6, 88.7],
)
INFINITE_ROWS = floats([INF, 0, 1], [-INF, -INF, -INF], [INF, INF, 0], [INF, -INF, 0])


def activations(case):
    for name, attributes in CURVES:
        for shape in SHAPES:
            case(name, normal(*shape, scale=3), **attributes)
        case(name, np.linspace(-12, 12, 121, dtype=F32), **attributes)
        left_out = np.array(INDETERMINATE.get(name, ()), F32)
        special = np.concatenate([SPECIAL, BEYOND])
        case(name, special[~np.isin(special, left_out)], **attributes)
        if name != "relu":
            case(name, normal(5, 7, scale=3, dtype=F64), **attributes)
    tail = np.concatenate([-np.geomspace(1, 13, 60), np.geomspace(1e-38, 9, 20)]).astype(F32)
    case("gelu", tail, tag="tails", approximate=False, **RELATIVE)

    for name in ("softmax", "logSoftmax"):
        for shape, axis in ROWS:
            case(name, normal(*shape, scale=3), axis=axis)
        case(name, EXTREME_ROWS, tag="extreme", axis=-1)
        case(name, EXTREME_ROWS.T.copy(), tag="extreme_columns", axis=0)
        case(name, INFINITE_ROWS, tag="infinite", axis=-1)
        case(name, normal(2, 3, 4, scale=3, dtype=F64), tag="float64", axis=-1)
    for shape, axis in ROWS:
        case("logSumExp", normal(*shape, scale=3), axes=[axis])
    for axes, keeping in itertools.product((None, [0, 2], [-1, 1], [0, 1, 2]), (False, True)):
        case("logSumExp", normal(2, 3, 5, scale=3), axes=axes, keepingDimensions=keeping)
    case("logSumExp", (), axes=None)
    case("logSumExp", (3, 0), axes=[1])
    case("logSumExp", EXTREME_ROWS, tag="extreme", axes=[-1])
    case("logSumExp", INFINITE_ROWS, tag="infinite", axes=[-1])
    case("logSumExp", normal(2, 3, 4, scale=3, dtype=F64), tag="float64", axes=[-1])


# Reductions --------------------------------------------------------------------------------------

# shape, axes, keepingDimensions
REDUCED = [
    ((), None, False),
    ((1,), None, False),
    ((67,), None, False),
    ((7,), [0], True),
    ((3, 5), None, False),
    ((3, 5), None, True),
    ((3, 5), [0], False),
    ((3, 5), [1], False),
    ((3, 5), [-1], True),
    ((2, 3, 4), [1], False),
    ((2, 3, 4), [0, 2], False),
    ((2, 3, 4), [-1, 0], True),
    ((2, 3, 2, 3), [1, 2], False),
    ((2, 2, 3, 1, 2), [0, 2, 4], True),
    ((2, 2, 3, 1, 2), [1, 3], False),
    ((300, 3), [0], False),
    ((2, 333), [1], False),
    ((0, 3), [1], False),
]
EMPTY = [((0,), None, False), ((3, 0), [1], False), ((0, 3), [0], True), ((2, 0, 3), [1, 2], False)]


def reductions(case):
    draws = {
        "prod": lambda *shape: uniform(0.8, 1.2, *shape),
        "variance": lambda *shape: normal(*shape, offset=3),
        "any": lambda *shape: lambda random: random.random(shape) < 0.2,
        "all": lambda *shape: lambda random: random.random(shape) < 0.8,
    }
    for name in ("sum", "mean", "variance", "standardDeviation", "max", "min", "prod", "any", "all",
                 "norm"):
        has_empty = name not in ("max", "min")
        for shape, axes, keeping in REDUCED + EMPTY * has_empty:
            x = draws.get(name, normal)(*shape)
            case(name, x, axes=axes, keepingDimensions=keeping)
    for order, (axes, shape) in itertools.product(
        (1, "infinity"), ((None, (17,)), (None, (2, 3)), ([1], (3, 5)), ([0, 2], (2, 3, 4)))
    ):
        case("norm", shape, order=order, axes=axes)
    for name in ("sum", "mean", "max", "min", "prod", "norm"):
        case(name, floats([1, NAN, 3], [INF, 0, 1], [-INF, 2, INF], [NAN, INF, 1], [-INF, -1, 2]),
             tag="special", axes=[1])
    for name in ("max", "min"):
        case(name, floats([0.0, 1, 2, NAN], [NAN, 1, 2, 3]), tag="nan_columns", axes=[0])
        case(name, floats(*[-INF] * 40), tag="infinite")
        case(name, np.r_[np.zeros(66), NAN].astype(F32), tag="nan_last")
    for name in ("variance", "standardDeviation"):
        case(name, normal(3, 40, offset=1000), tag="far_mean", axes=[1])
        case(name, np.full((2, 7), 0.1, F32), tag="constant", axes=[1])
    for name in ("sum", "prod", "max", "min"):
        case(name, integers(-3, 4, 3, 4), tag="int32", axes=[1])
        case(name, integers(-3, 4, 3, 4, dtype=I64), tag="int64", axes=[0])
    for name in ("sum", "mean", "prod", "norm"):
        case(name, normal(5, 7, dtype=F64), tag="float64", axes=[0])
    case("sum", (2, 5000), tag="long", axes=[1])
    case("sum", normal(3000, offset=100), tag="long_offset")
    case("norm", np.geomspace(1e-10, 1e10, 21).astype(F32), tag="scales")

    for name, draw in (("cumsum", normal), ("cumprod", draws["prod"])):
        for shape, axis in (((7,), 0), ((1,), -1), ((3, 5), 0), ((3, 5), -1), ((2, 3, 4), 1),
                            ((0, 3), 0), ((3, 0), 0), ((2, 2, 3, 1, 2), 2)):
            for exclusive, reverse in itertools.product((False, True), repeat=2):
                case(name, draw(*shape), axis=axis, exclusive=exclusive, reverse=reverse)
        case(name, draw(2, 200), axis=1, tag="long")
        case(name, floats([1, NAN, 2, 3], [INF, 1, 2, -INF]), axis=1, tag="special")
        case(name, integers(-3, 4, 3, 4), axis=1, tag="int32")

    for name in ("argmax", "argmin"):
        for shape, axis, keeping in (
            ((7,), None, False), ((), None, False), ((67,), 0, False), ((3, 5), None, False),
            ((3, 5), 0, False), ((3, 5), -1, True), ((2, 3, 4), 1, False), ((2, 3, 4), 0, True),
            ((2, 2, 3, 1, 2), -3, False), ((0, 3), 1, False), ((2, 300), 1, False),
        ):
            case(name, shape, axis=axis, keepingDimensions=keeping)
        case(name, integers(0, 3, 5, 9, dtype=F32), tag="ties", axis=1)
        case(name, integers(0, 3, 9, 5, dtype=F32), tag="ties_columns", axis=0)
        case(name, floats([1, NAN, 9], [NAN, NAN, 0], [INF, -INF, NAN], [-INF, -INF, -INF],
                          [0.0, -0.0, 0.0], [INF, INF, 1]), tag="special", axis=1)
        case(name, floats([1, NAN, 9], [NAN, NAN, 0], [INF, -INF, NAN]), tag="nan_columns", axis=0)
        case(name, integers(-5, 5, 4, 6), tag="int32", axis=1)


# Linear ------------------------------------------------------------------------------------------

MATMULS = [
    ((1, 1), (1, 1)),
    ((2, 3), (3, 4)),
    ((7, 5), (5, 3)),
    ((17, 33), (33, 9)),
    ((5, 67), (67, 19)),
    ((33, 2), (2, 31)),
    ((1, 9), (9, 1)),
    ((1, 50), (50, 20)),
    ((40, 1), (1, 3)),
    ((4,), (4,)),
    ((4,), (4, 3)),
    ((3, 4), (4,)),
    ((2, 3, 4), (4,)),
    ((4,), (2, 4, 3)),
    ((3, 2, 4), (3, 4, 5)),
    ((3, 2, 4), (4, 5)),
    ((2, 4), (3, 4, 5)),
    ((1, 2, 4), (3, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((2, 1, 2, 3, 4), (3, 1, 4, 2)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((2, 3), (3, 0)),
    ((0, 2, 3), (3, 4)),
    ((0,), (0,)),
]

DOTS = [
    ((5,), (5,)), ((0,), (0,)), ((), (3,)), ((2, 3), ()), ((3, 4), (4,)), ((4,), (4, 2)),
    ((3, 4), (4, 5)), ((2, 3, 4), (4,)), ((2, 3, 4), (4, 5)), ((2, 4), (3, 4, 5)),
]

TENSORDOTS = [
    ((3, 4), (4, 5), 1),
    ((2, 3, 4), (3, 4, 5), 2),
    ((2, 3), (4,), 0),
    ((2, 3, 4), (2, 3, 4), 3),
    ((2, 3, 4), (4, 3), [[1, 2], [1, 0]]),
    ((2, 3, 4), (5, 2), [[0], [1]]),
    ((2, 3, 4), (4, 2, 3), [[-1, 0], [0, 1]]),
    ((2, 3, 4, 5), (5, 3), [[3, 1], [0, 1]]),
    ((3, 0), (0, 2), 1),
    ((5,), (5,), 1),
    ((2, 1, 3, 2, 2), (2, 3, 4), [[4, 2], [0, 1]]),
]

EINSUMS = [
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ij->i", (2, 0)),
    ("ii->i", (4, 4)),
    ("ii->", (4, 4)),
    ("ii", (3, 3)),
    ("ba", (2, 3)),
    ("iij->ij", (3, 3, 2)),
    ("iji->j", (3, 2, 3)),
    ("ijk->kij", (2, 3, 4)),
    ("ijk->ki", (2, 3, 4)),
    ("...ij->...ji", (2, 1, 3, 4)),
    ("...i->...", (2, 3, 4)),
    ("i,i->", (5,), (5,)),
    ("i,i->i", (5,), (5,)),
    ("i,j->ij", (3,), (4,)),
    ("i,j->ji", (3,), (4,)),
    ("i,j", (3,), (4,)),
    ("i,j->", (3,), (4,)),
    (",->", (), ()),
    (",ij->ij", (), (2, 3)),
    ("ij,jk->ik", (3, 4), (4, 5)),
    ("ij,jk", (3, 4), (4, 5)),
    ("ij,kj->ik", (3, 4), (5, 4)),
    ("ji,jk->ik", (4, 3), (4, 5)),
    ("ji,kj->ki", (4, 3), (5, 4)),
    ("ij,jk->ki", (3, 4), (4, 5)),
    ("ij,j->i", (3, 4), (4,)),
    ("ij,ij->", (3, 4), (3, 4)),
    ("ij,ij->i", (3, 4), (3, 4)),
    ("ij,ij->ij", (3, 4), (3, 4)),
    ("ij,ji->", (3, 4), (4, 3)),
    ("ij,k->j", (3, 4), (5,)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("bij,bkj->bik", (2, 3, 4), (2, 5, 4)),
    ("bij,jk->bik", (2, 3, 4), (4, 5)),
    ("ibj,kjb->bik", (3, 2, 4), (5, 4, 2)),
    ("bhid,bhjd->bhij", (2, 2, 3, 4), (2, 2, 5, 4)),
    ("bihd,bjhd->bhij", (2, 3, 2, 4), (2, 5, 2, 4)),
    ("bhij,bjhd->bihd", (2, 2, 3, 5), (2, 5, 2, 4)),
    ("abc,cd,bd->a", (2, 3, 4), (4, 5), (3, 5)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("i,i,i->i", (5,), (5,), (5,)),
    ("i,ij,j->", (3,), (3, 4), (4,)),
    ("ij,jk,kl,lm->im", (2, 3), (3, 2), (2, 3), (3, 2)),
    ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)),
    ("...i,...i->...", (2, 3, 4), (3, 4)),
    ("i...,i->...", (3, 2, 4), (3,)),
    ("...ij,jk->...ik", (2, 3, 4), (4, 2)),
    ("ii,i->i", (3, 3), (3,)),
    ("abcde,ecbad->ce", (2, 1, 3, 2, 2), (2, 3, 1, 2, 2)),
    ("ij,jk->ik", (3, 0), (0, 2)),
    ("ij,jk->ik", (0, 3), (3, 2)),
    (" i j , j k -> i k ", (2, 3), (3, 2)),
    ("Ij,jK->IK", (2, 3), (3, 2)),
]


def linear(case):
    for a, b in MATMULS:
        case("matmul", a, b)
    case("matmul", (7, 200), (200, 6), tag="long")
    case("matmul", floats([NAN, 1], [0, INF], [1, 2]), floats([1, 0], [0, 1]), tag="special")
    case("matmul", normal(5, 7, dtype=F64), normal(7, 3, dtype=F64), tag="float64")
    case("matmul", normal(2, 5, 7, dtype=F64), normal(7, 3, dtype=F64), tag="float64_batched")
    for a, b in DOTS:
        case("dot", a, b)
    for a, b in (((3,), (4,)), ((1,), (7,)), ((0,), (3,)), ((2, 2), (3,)), ((2, 3), (2, 2))):
        case("outer", a, b)
    for a, b, axes in TENSORDOTS:
        case("tensordot", a, b, axes=axes)
    for equation, *shapes in EINSUMS:
        case("einsum", *shapes, equation=equation)
    case("einsum", normal(3, 4, dtype=F64), normal(5, 4, dtype=F64), tag="float64",
         equation="ij,kj->ik")


# Movement ----------------------------------------------------------------------------------------

def movement(case):
    for shape, to in (
        ((6,), [2, 3]), ((2, 3), [6]), ((2, 3, 4), [4, 6]), ((2, 3, 4), [-1]), ((2, 3, 4), [2, -1]),
        ((1,), []), ((), [1, 1]), ((0, 3), [3, 0]), ((0,), [2, 0, 5]), ((2, 0), [0, -1, 2]),
        ((2, 1, 3, 1, 2), [2, 3, 2]), ((12,), [1, 2, 3, 2, 1]),
    ):
        if to != [0, -1, 2]:  # which size -1 stands for is anyone's guess
            case("reshape", shape, shape=to)
    for shape, axes in (
        ((), None), ((5,), None), ((2, 3), None), ((2, 3), [1, 0]), ((2, 3), [0, 1]),
        ((2, 3, 4), None), ((2, 3, 4), [0, 2, 1]), ((2, 3, 4), [1, 0, 2]), ((2, 3, 4), [1, 2, 0]),
        ((2, 3, 4), [-1, 0, -2]), ((2, 3, 4, 5), [0, 2, 1, 3]), ((2, 3, 2, 3), [0, 3, 1, 2]),
        ((2, 1, 3, 1, 2), [4, 2, 0, 1, 3]), ((0, 3), None), ((17, 35), [1, 0]),
        ((3, 19, 17), [0, 2, 1]),
        ((40, 3), [1, 0]),
    ):
        case("transpose", shape, axes=axes)
    case("transpose", integers(0, 99, 5, 9, dtype=U8), axes=[1, 0], tag="uint8")
    case("transpose", integers(0, 99, 5, 9, dtype=I64), axes=[1, 0], tag="int64")
    for shape, axes in (
        ((1, 3, 1), None), ((1, 3, 1), [0]), ((1, 3, 1), [-1]), ((1, 3, 1), [0, 2]), ((1, 1), None),
        ((2, 3), None), ((1, 0), None), ((1, 2, 1, 1, 3), [0, 3]),
    ):
        case("squeeze", shape, axes=axes)
    for shape, axes in (
        ((), [0]), ((3,), [0]), ((3,), [1]), ((3,), [-1]), ((2, 3), [1]), ((2, 3), [0, 3]),
        ((2, 3), [0, 1, -1]), ((0,), [1]), ((2, 3), []),
    ):
        case("expandDims", shape, axes=axes)
    for shape, to in (
        ((), []), ((), [3]), ((1,), [4]), ((3,), [2, 3]), ((3, 1), [3, 4]), ((1, 3), [2, 2, 3]),
        ((2, 1, 3), [2, 4, 3]), ((1,), [0]), ((1, 0), [3, 0]), ((1, 2, 1, 2, 1), [2, 2, 3, 2, 2]),
    ):
        case("broadcast", shape, shape=to)

    for axis, *shapes in (
        (0, (2,), (3,)), (0, (3,)), (0, (2, 3), (1, 3), (4, 3)), (1, (2, 3), (2, 1)),
        (-1, (2, 3, 1), (2, 3, 4)), (1, (2, 1, 3), (2, 5, 3)), (0, (0, 3), (2, 3)),
        (0, (0,), (0,)), (2, (2, 1, 1, 2, 2), (2, 1, 3, 2, 2)), (0, (2,), (0,), (1,), (4,), (67,)),
    ):
        case("concatenate", *shapes, axis=axis)
    case("concatenate", integers(0, 9, 2, 3), integers(0, 9, 2, 2), axis=1, tag="int32")
    case("concatenate", booleans(3), booleans(2), axis=0, tag="bool")
    for axis, *shapes in (
        (0, (), ()), (0, (3,), (3,)), (1, (3,), (3,)), (-1, (2, 3), (2, 3), (2, 3)), (0, (2, 3)),
        (1, (2, 3), (2, 3)), (2, (2, 3, 4), (2, 3, 4)), (0, (0,), (0,)), (1, (0, 2), (0, 2)),
        (-1, (2, 1, 2, 3), (2, 1, 2, 3)),
    ):
        case("stack", *shapes, axis=axis)
    for shape, parts in (
        ((6,), {"count": 3}), ((6,), {"count": 1}), ((4, 6), {"count": 2, "axis": 1}),
        ((4, 6), {"count": 4}), ((2, 3, 4), {"count": 2, "axis": -1}),
        ((0, 4), {"count": 2, "axis": 1}),
        ((7,), {"sizes": [3, 4]}), ((7,), {"sizes": [2, 0, 5]}), ((7,), {"sizes": [7]}),
        ((3, 5), {"sizes": [1, 1, 3], "axis": 1}), ((2, 3, 4), {"sizes": [1, 2], "axis": -2}),
        ((2, 1, 4, 2, 1), {"sizes": [1, 3], "axis": 2}),
    ):
        case("split", shape, **parts)

    pads = [
        ((5,), [[2, 3]]), ((5,), [[0, 4]]), ((5,), [[0, 0]]), ((3, 4), [[1, 2], [0, 3]]),
        ((3, 4), [[0, 0], [3, 1]]), ((2, 3, 4), [[1, 0], [0, 0], [2, 2]]),
        ((2, 3, 2, 2), [[0, 0], [1, 1], [1, 1], [0, 0]]),
        ((2, 2, 3, 2, 2), [[1, 1], [0, 1], [2, 1], [0, 0], [1, 0]]),
    ]
    for mode in ("constant", "reflect", "edge"):
        for shape, padding in pads:
            case("pad", shape, padding=padding, mode=mode)
    case("pad", (2, 3), padding=[[1, 1], [2, 0]], mode="constant", value=-1.5)
    case("pad", (2, 0), padding=[[1, 1], [2, 0]], mode="constant", value=2.0)
    case("pad", (4,), padding=[[3, 3]], mode="reflect")
    case("pad", integers(-9, 9, 2, 3), padding=[[1, 0], [0, 2]], mode="constant", value=7)
    case("pad", (1,), padding=[[5, 5]], mode="edge")
    for shape, padding in pads:
        case("pad", shape, padding=padding, mode="symmetric")
    case("pad", (3,), padding=[[7, 8]], mode="symmetric")
    case("pad", (1,), padding=[[5, 5]], mode="symmetric")

    for shape, axes in (
        ((), None), ((5,), None), ((5,), [0]), ((3, 4), None), ((3, 4), [0]), ((3, 4), [-1]),
        ((3, 4), [0, 1]), ((2, 3, 4), [0, 2]), ((2, 3, 4), [1]), ((0, 3), [0]), ((3, 4), []),
        ((2, 1, 3, 2, 2), [0, 2, 4]), ((67,), None),
    ):
        case("flip", shape, axes=axes)
    for shape, shifts, axes in (
        ((5,), [2], [0]), ((5,), [-1], [0]), ((5,), [7], [0]), ((5,), [0], [0]),
        ((3, 4), [3], None),
        ((3, 4), [1], [1]), ((3, 4), [1, -2], [0, 1]), ((3, 4), [-5], [-1]),
        ((2, 3, 4), [1, 2], [0, 2]),
        ((0, 3), [1], [0]), ((3, 4), [1, 1], [1, 1]), ((2, 1, 3, 2, 2), [1, -1], [2, 4]),
    ):
        case("roll", shape, shifts=shifts, axes=axes)
    for shape, repeats in (
        ((), [3]), ((3,), [2]), ((3,), [1]), ((3,), [0]), ((2, 3), [2, 1]), ((2, 3), [1, 3]),
        ((2, 3), [2]), ((3,), [2, 2]), ((2, 1, 3), [1, 4, 2]), ((0, 2), [3, 2]),
        ((1, 2, 1, 2, 1), [2, 1, 3, 1, 2]),
    ):
        case("tile", shape, repeats=repeats)
    for shape, how in (
        ((), {"count": 3}), ((3,), {"count": 2}), ((2, 3), {"count": 2}),
        ((2, 3), {"count": 2, "axis": 0}),
        ((2, 3), {"count": 3, "axis": -1}), ((3,), {"count": 0}),
        ((2, 3, 2), {"count": 2, "axis": 1}),
        ((3,), {"counts": [1, 0, 2], "axis": 0}), ((2, 3), {"counts": [2, 1, 0], "axis": 1}),
        ((2, 2), {"counts": [1, 2, 3, 0]}), ((0, 2), {"count": 2, "axis": 0}),
    ):
        case("repeat", shape, **how)

    for shape, starts, ends, steps in (
        ((7,), [2], [5], [1]), ((7,), [0], [7], [2]), ((7,), [1], [None], [3]),
        ((7,), [-3], [None], [1]),
        ((7,), [None], [-2], [1]), ((7,), [None], [None], [-1]), ((7,), [5], [1], [-2]),
        ((7,), [-1], [-6], [-3]), ((7,), [3], [3], [1]), ((7,), [5], [2], [1]),
        ((7,), [2], [99], [1]),
        ((7,), [-99], [3], [1]), ((4, 5), [1], [3], [1]), ((4, 5), [1, 0], [3, 4], [1, 2]),
        ((4, 5), [None, -1], [None, None], [-1, -2]), ((4, 5), [3, 4], [0, None], [-2, -1]),
        ((3, 4, 5), [0, 1, 2], [3, 3, 5], [2, 1, 1]),
        ((3, 4, 5), [None, 2, None], [None, 3, None], [1, 1, -1]),
        ((0, 3), [0, 1], [0, 3], [1, 1]),
        ((2, 3, 1, 2, 4), [0, 1, 0, 0, 3], [2, 3, 1, 1, None], [1, 1, 1, 1, -2]),
    ):
        case("slice", shape, starts=starts, ends=ends, steps=steps)

    for shape, count, indices, axis in (
        ((5,), 5, (3,), 0), ((5,), 5, (), 0), ((5,), 5, (2, 3), 0), ((5, 3), 5, (4,), 0),
        ((3, 5), 5, (4,), 1), ((3, 5), 5, (2, 2), -1), ((2, 4, 3), 4, (5,), 1),
        ((2, 4, 3), 4, (), 1),
        ((4, 3), 4, (0,), 0), ((0, 3), 3, (2,), 1), ((2, 2, 3, 1, 2), 3, (2, 2), 2),
        ((9, 17), 9, (20,), 0),
    ):
        case("gather", shape, integers(0, count, *indices), axis=axis)
    case("gather", (5, 3), np.array([-1, 0, -5, 4], I32), axis=0, tag="negative")
    case("gather", (5, 3), np.array([3, 1], I64), axis=0, tag="int64_indices")
    case("gather", integers(0, 99, 4, 3), integers(0, 4, 6), axis=0, tag="int32")
    for shape, indices in (
        ((5,), (3,)), ((3, 4), (5,)), ((3, 4), (2, 2)), ((2, 3, 4), ()), ((3,), (0,)),
    ):
        case("take", shape, integers(0, math.prod(shape), *indices))
    for shape, indices, axis in (
        ((5,), (3,), 0), ((3, 5), (3, 2), 1), ((3, 5), (2, 5), 0), ((2, 4, 3), (2, 6, 3), 1),
        ((2, 4, 3), (2, 4, 1), -1), ((0, 3), (0, 2), 1), ((2, 1, 3, 2, 2), (2, 1, 4, 2, 2), 2),
    ):
        case("takeAlong", shape, integers(0, shape[axis], *indices), axis=axis)
    case("takeAlong", (3, 5), integers(-5, 5, 3, 4), axis=1, tag="negative")
    for shape, indices, axis in (
        ((5,), (3,), 0), ((5,), (9,), 0), ((5,), (), 0), ((5, 3), (4,), 0), ((5, 3), (2, 3), 0),
        ((3, 5), (8,), 1), ((2, 4, 3), (6,), 1), ((5, 2), (0,), 0), ((2, 2, 3, 1, 2), (4,), 2),
        ((3, 17), (50,), 0),
    ):
        updates = (*shape[:axis], *indices, *shape[axis + 1 :])
        case("scatterAdd", shape, integers(0, shape[axis], *indices), updates, axis=axis)
    case("scatterAdd", np.zeros((3, 2), F32), np.array([-1, 0, -1], I32), (3, 2), tag="negative")
    case("scatterAdd", integers(0, 9, 4), integers(0, 4, 7), integers(-3, 4, 7), tag="int32")
    for shape, depth, axis in (
        ((), 3, -1), ((4,), 5, -1), ((4,), 1, -1), ((2, 3), 4, -1), ((2, 3), 4, 0), ((2, 3), 4, 1),
        ((0,), 3, -1), ((2, 1, 2, 2), 3, 2),
    ):
        case("oneHot", integers(0, depth, *shape), depth=depth, axis=axis)
    case("oneHot", integers(0, 10, 7, dtype=I64), depth=10, tag="int64")
    case("oneHot", integers(0, 10, 7, dtype=U8), depth=10, tag="uint8")

    special = floats([3, NAN, -INF, INF, 0.0, -0.0, 1], [NAN, 2, 2, NAN, -1, INF, -INF])
    for name, descending in itertools.product(("sort", "argsort"), (False, True)):
        for shape, axis in (
            ((7,), 0), ((1,), -1), ((3, 5), -1), ((3, 5), 0), ((2, 4, 3), 1), ((0,), 0),
            ((0, 3), 1), ((2, 0), 1), ((101,), 0), ((2, 1, 3, 2, 2), 2),
        ):
            case(name, shape, axis=axis, descending=descending)
        case(name, integers(0, 4, 40, dtype=F32), axis=0, descending=descending)
        case(name, special, axis=-1, descending=descending)
        case(name, integers(-9, 9, 4, 6), axis=1, descending=descending)
        case(name, integers(-9, 9, 6, 4, dtype=I64), axis=0, descending=descending)
    for shape, k in (
        ((7,), 3), ((7,), 7), ((7,), 1), ((7,), 0), ((3, 5), 2), ((2, 3, 4), 4), ((0, 5), 2),
        ((100,), 10), ((2, 1, 2, 2, 3), 2),
    ):
        case("topK", shape, k=k)
    case("topK", integers(0, 4, 3, 20, dtype=F32), k=9, tag="ties")
    case("topK", special, k=3, tag="special")
    case("topK", integers(-9, 9, 3, 6), k=4, tag="int32")

    for name, (shape, diagonal) in itertools.product(
        ("triu", "tril"),
        (((3, 3), 0), ((3, 5), 0), ((5, 3), 0), ((4, 4), 1), ((4, 4), -1), ((3, 5), 2),
        ((5, 3), -2),
         ((3, 3), 9), ((3, 3), -9), ((2, 3, 4), 1), ((2, 1, 2, 3, 3), 0), ((0, 3), 0)),
    ):
        case(name, shape, diagonal=diagonal)
    for shape, offset in (
        ((3,), 0), ((3,), 1), ((3,), -2), ((1,), 0), ((0,), 0), ((3, 3), 0), ((3, 5), 0),
        ((5, 3), 0), ((3, 5), 2),
        ((3, 5), -1), ((3, 3), 3),
    ):
        case("diag", shape, offset=offset)
    for shape in ((7,), (3, 5), (2, 3, 4), (0,), (0, 3), (2, 1, 2, 3, 2), (67,)):
        case("nonzero", booleans(*shape))
    case("nonzero", np.zeros((3, 2), bool), tag="none")
    case("nonzero", floats([0, 1, -0.0], [NAN, 2, 0]), tag="float32")
    case("nonzero", integers(-1, 2, 3, 5), tag="int32")


# Windows -----------------------------------------------------------------------------------------

def each(size, values):
    """One number for all spatial axes, or one for each."""
    return values if isinstance(values, list) else [values] * size


def windows(case):
    def conv(x, w, strides=1, dilations=1, padding="valid", name="conv", **more):
        spatial = len(x) - 2
        strides, dilations = each(spatial, strides), each(spatial, dilations)
        case(name, x, w, strides=strides, dilations=dilations, padding=padding, **more)

    for padding, strides, dilations in itertools.product(
        ("valid", "same", "causal"), (1, 2, 3), (1, 2)
    ):
        conv((2, 11, 3), (3, 3, 4), strides, dilations, padding)
    conv((1, 8, 2), (4, 2, 3), 1, 1, "same")
    conv((1, 8, 2), (4, 2, 3), 2, 1, "causal")
    conv((1, 1, 1), (1, 1, 1))
    conv((1, 9, 1), (9, 1, 2))
    conv((2, 9, 4), (3, 2, 6), groups=2)
    conv((2, 9, 4), (2, 2, 6), 2, 1, "causal", groups=2)
    conv((1, 7, 2), (3, 2, 3), 2, 1, [[2, 1]])
    conv((1, 7, 2), (3, 2, 3), 1, 3, [[0, 5]])
    conv((1, 30, 17), (5, 17, 19), 1, 1, "same")
    conv((0, 9, 2), (3, 2, 4), 1, 1, "same")

    for padding, strides, dilations in itertools.product(
        ("valid", "same"), (1, 2, [2, 1], [3, 2]), (1, 2, [1, 3])
    ):
        conv((1, 8, 7, 2), (3, 2, 2, 3), strides, dilations, padding)
    conv((1, 5, 5, 1), (1, 1, 1, 1))
    conv((2, 4, 3, 5), (1, 1, 5, 7))
    conv((2, 4, 5, 5), (1, 1, 5, 7), 2)
    conv((2, 6, 6, 3), (2, 2, 3, 4), 2)
    conv((1, 6, 6, 3), (4, 4, 3, 2), 1, 1, "same")
    conv((1, 6, 7, 3), (4, 5, 3, 2), 2, 1, "same")
    conv((1, 12, 12, 1), (5, 5, 1, 4))
    conv((1, 9, 9, 2), (5, 5, 2, 17), 1, 1, "same")
    conv((1, 5, 6, 33), (3, 3, 33, 18), 1, 1, "same")
    conv((1, 3, 19, 3), (3, 3, 3, 8), 1, 1, "same")
    conv((1, 3, 3, 2), (3, 3, 2, 5))
    conv((1, 2, 2, 2), (3, 3, 2, 5), 1, 1, "same")
    conv((1, 6, 5, 2), (3, 3, 2, 3), 1, 1, [[1, 1], [1, 1]])
    conv((1, 6, 5, 2), (3, 3, 2, 3), 2, 1, [[2, 0], [0, 3]])
    conv((1, 6, 5, 2), (2, 3, 2, 3), [1, 2], [2, 1], [[3, 4], [0, 1]])
    conv((2, 6, 5, 4), (3, 3, 2, 6), groups=2)
    conv((2, 6, 5, 6), (3, 3, 2, 3), 2, 1, "same", groups=3)
    conv((1, 6, 5, 4), (3, 2, 1, 4), 1, 2, "same", groups=4)
    conv((1, 6, 5, 4), (3, 3, 1, 8), [2, 1], 1, [[1, 0], [2, 1]], groups=4)
    conv((1, 4, 5, 6), (1, 1, 3, 4), groups=2)
    conv((0, 6, 5, 2), (3, 3, 2, 3))
    conv((1, 9, 1, 2), (3, 1, 2, 3), [2, 1], 1, "same")
    case("conv", normal(1, 6, 5, 2, dtype=F64), normal(3, 3, 2, 3, dtype=F64), tag="float64",
         strides=[1, 1], dilations=[1, 1], padding="same")

    for padding, strides, dilations in itertools.product(("valid", "same"), (1, 2), (1, 2)):
        conv((1, 5, 6, 5, 2), (2, 3, 2, 2, 3), strides, dilations, padding)
    conv((1, 3, 4, 5, 2), (1, 1, 1, 2, 3))
    conv((1, 4, 4, 4, 4), (3, 2, 3, 2, 4), 1, 1, "same", groups=2)
    conv((2, 4, 3, 5, 1), (2, 2, 2, 1, 2), [2, 1, 3], 1, "same")
    conv((1, 3, 3, 3, 2), (2, 2, 2, 2, 2), 1, 1, [[1, 0], [0, 1], [1, 1]])
    conv((1, 5, 5, 6, 1), (2, 2, 2, 1, 2), 1, [1, 2, 3])

    depthwise = dict(name="depthwiseConv")
    for padding, strides, dilations in itertools.product(("valid", "same"), (1, 2), (1, 2)):
        conv((1, 7, 6, 3), (3, 2, 3, 2), strides, dilations, padding, **depthwise)
    conv((2, 9, 3), (3, 3, 1), 1, 1, "same", **depthwise)
    conv((2, 9, 3), (4, 3, 2), 2, 1, "valid", **depthwise)
    conv((1, 9, 2), (3, 2, 2), 1, 2, "causal", **depthwise)
    conv((1, 6, 7, 19), (3, 3, 19, 1), 1, 1, "same", **depthwise)
    conv((1, 6, 7, 4), (5, 5, 4, 1), 2, 1, "same", **depthwise)
    conv((1, 5, 5, 2), (3, 3, 2, 3), 1, 1, [[1, 0], [0, 2]], **depthwise)
    conv((1, 4, 4, 1), (2, 2, 1, 5), **depthwise)
    conv((1, 3, 4, 3, 2), (2, 2, 2, 2, 2), 1, 1, "same", **depthwise)

    transposed = dict(name="convTranspose")
    for padding, strides, kernel in itertools.product(("valid", "same"), (1, 2, 3), (1, 2, 3, 4)):
        conv((1, 5, 2), (kernel, 3, 2), strides, 1, padding, **transposed)
    for padding, strides, dilations in itertools.product(("valid", "same"), (1, 2, [3, 2]), (1, 2)):
        conv((1, 4, 3, 2), (3, 2, 3, 2), strides, dilations, padding, **transposed)
    for padding, extra in (("valid", 0), ("valid", 1), ("same", 0), ("same", 1)):
        conv((1, 4, 3, 2), (3, 4, 3, 2), 2, 1, padding, outputPadding=[extra, extra], **transposed)
    conv((2, 3, 4, 5), (5, 5, 4, 5), 2, 1, "same", **transposed)
    conv((1, 3, 4, 17), (3, 3, 18, 17), 2, 1, "same", **transposed)
    conv((1, 4, 4, 2), (3, 3, 3, 2), 2, 1, [[1, 1], [1, 1]], **transposed)
    conv((1, 4, 4, 2), (3, 3, 3, 2), 2, 1, [[1, 0], [0, 2]], **transposed)
    conv((1, 4, 4, 2), (4, 3, 3, 2), [2, 3], 1, [[1, 1], [1, 1]], outputPadding=[1, 2],
         **transposed)
    conv((1, 1, 1, 2), (2, 2, 3, 2), 2, **transposed)
    conv((0, 3, 3, 2), (3, 3, 4, 2), 2, 1, "same", **transposed)
    conv((1, 2, 3, 2, 2), (2, 3, 2, 3, 2), 1, 1, "valid", **transposed)
    conv((1, 2, 3, 2, 2), (2, 3, 2, 3, 2), 2, 1, "same", **transposed)
    conv((1, 2, 3, 2, 2), (3, 2, 3, 1, 2), [1, 2, 3], 1, "same", **transposed)

    pools = [
        ((2, 9, 3), 2, 2), ((2, 9, 3), 3, 1), ((1, 8, 2), 3, 2), ((1, 5, 1), 5, 5),
        ((1, 7, 2), 2, 3), ((1, 1, 1), 1, 1),
        ((2, 6, 7, 3), 2, 2), ((1, 6, 7, 3), 3, 1), ((1, 7, 7, 2), 3, 2),
        ((1, 6, 7, 2), [2, 3], [2, 1]),
        ((1, 5, 5, 2), [3, 1], [1, 2]), ((1, 4, 4, 19), 2, 1), ((1, 5, 4, 1), [5, 4], 1),
        ((0, 4, 4, 2), 2, 2),
        ((1, 6, 6, 1), 2, 3), ((1, 4, 5, 6, 2), 2, 2), ((1, 3, 4, 5, 2), [2, 3, 2], 1),
        ((1, 5, 5, 5, 1), 3, [1, 2, 3]),
    ]
    for name, padding in itertools.product(("maxPool", "averagePool"), ("valid", "same")):
        for shape, window, strides in pools:
            window, strides = each(len(shape) - 2, window), each(len(shape) - 2, strides)
            case(name, shape, window=window, strides=strides, padding=padding)
    for shape, window, strides, padding in (
        ((1, 7, 2), [3], [2], [[1, 1]]), ((1, 6, 5, 2), [3, 3], [2, 2], [[1, 1], [1, 0]]),
        ((1, 6, 5, 2), [2, 3], [1, 1], [[0, 1], [2, 1]]),
        ((1, 3, 3, 3, 1), [2, 2, 2], [2, 2, 2], [[1, 0], [0, 1], [1, 1]]),
    ):
        case("maxPool", shape, window=window, strides=strides, padding=padding)
        for counting in (False, True):
            case("averagePool", shape, window=window, strides=strides, padding=padding,
                 countingOutside=counting)
    holes = floats(*np.where(np.arange(49) % 5 == 0, [NAN], np.arange(49.0))).reshape(1, 7, 7, 1)
    holes[0, 3:] = -INF
    for name in ("maxPool", "averagePool"):
        case(name, holes, window=[2, 2], strides=[2, 2], padding="same", tag="special")
    case("averagePool", np.arange(50.0).reshape(1, 5, 5, 2), window=[3, 3], strides=[2, 2],
         padding="same", tag="float64")
    for name, shape, keeping in itertools.product(
        ("globalMaxPool", "globalAveragePool"),
        ((2, 9, 3), (2, 4, 5, 3), (1, 1, 1, 2), (2, 3, 2, 4, 3), (0, 3, 3, 2)),
        (False, True),
    ):
        case(name, shape, keepingDimensions=keeping)

    for name, (shape, size) in itertools.product(
        ("resizeNearest", "resizeBilinear", "resizeBicubic"),
        (((1, 4, 4, 2), [8, 8]), ((1, 3, 4, 2), [5, 7]), ((2, 5, 7, 1), [3, 4]),
        ((1, 8, 8, 1), [4, 4]),
         ((1, 2, 3, 2), [7, 3]), ((1, 1, 1, 3), [3, 2]), ((1, 6, 5, 1), [1, 1]),
         ((1, 4, 4, 1), [4, 4]),
         ((1, 3, 3, 1), [10, 2]), ((1, 9, 2, 1), [6, 3]), ((0, 2, 2, 1), [4, 4]),
         ((1, 7, 5, 3), [13, 11])),
    ):
        case(name, shape, size=size)


# Linear algebra ----------------------------------------------------------------------------------

SQUARES = [(1, 1), (2, 2), (3, 3), (7, 7), (17, 17), (2, 4, 4), (2, 1, 3, 3), (0, 0), (0, 3, 3)]
OBLONGS = [(5, 3), (3, 5), (12, 5), (5, 12), (1, 4), (4, 1), (2, 5, 3), (2, 3, 5), (0, 3), (3, 0)]


def positive(*shape):
    """Symmetric and positive definite."""
    def draw(random):
        a = random.standard_normal((*shape[:-1], shape[-1] + 2))
        return (a @ np.swapaxes(a, -1, -2) + 0.1 * np.eye(shape[-1])).astype(F32)

    return draw


def dominant(*shape, dtype=F32):
    """Far from singular, and so are its triangles."""
    return lambda random: (
        random.standard_normal(shape) + 2 * math.sqrt(shape[-1]) * np.eye(shape[-1])
    ).astype(dtype)


def linear_algebra(case):
    for shape in SQUARES + OBLONGS:
        case("qr", shape)
        case("svd", shape)
        case("singularValues", shape)
    for shape in SQUARES:
        case("cholesky", positive(*shape))
        case("solve", positive(*shape), (*shape[:-1], 3))
        case("solve", normal(*shape), (*shape[:-1], 2))
    case("solve", (4, 4), (4,))
    case("solve", floats([0, 1], [1, 0]), floats([3], [4]), tag="pivots")
    case("solve", floats([1e-6, 1], [1, 1]), floats([1], [2]), tag="small_pivot")
    hilbert = floats(*[[1 / (i + j + 1) for j in range(6)] for i in range(6)])
    outer = np.outer(np.arange(1, 6), np.arange(1, 4)).astype(F32)
    for name, matrix in (("hilbert", hilbert), ("rank_one", outer), ("zero", np.zeros((4, 3), F32)),
                         ("identity", np.eye(5, dtype=F32)), ("large", 1e15 * hilbert),
                         ("small", F32(1e-15) * hilbert)):
        for operation in ("qr", "svd", "singularValues"):
            case(operation, matrix.astype(F32), tag=name)
    case("cholesky", np.eye(5, dtype=F32), tag="identity")
    for shape, upper in itertools.product(SQUARES, (False, True)):
        case("triangularSolve", dominant(*shape), (*shape[:-1], 3), upper=upper)
    case("triangularSolve", dominant(4, 4), (4,), upper=True)
    case("triangularSolve", dominant(5, 5, dtype=F64), normal(5, 2, dtype=F64), tag="float64")
    for shape in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (2, 4, 4), (2, 1, 3, 3), (0, 0),
                  (0, 3, 3)]:
        case("determinant", shape)
        case("determinant", positive(*shape))
    case("determinant", normal(4, 4, dtype=F64), tag="float64")
    case("determinant", floats([0, 1, 0], [1, 0, 0], [0, 0, 1]), tag="exchanged")
    for n in (3, 4, 5):
        case("determinant", np.arange(n * n, dtype=F32).reshape(n, n), tag=f"singular_{n}")
    case("determinant", np.zeros((3, 3), F32), tag="zero")
    for shape in SQUARES:
        case("inverse", dominant(*shape))
    case("inverse", floats([0, 1], [1, 0]), tag="exchanged")
    case("inverse", dominant(4, 4, dtype=F64), tag="float64")
    for operation in ("qr", "svd", "singularValues"):
        case(operation, normal(6, 4, dtype=F64), tag="float64")


# Losses ------------------------------------------------------------------------------------------

def losses(case):
    shapes = [(1, 1), (4, 10), (7, 3), (2, 3, 5), (3, 67), (5,), (0, 4), (2, 1, 2, 3, 4)]
    for shape in shapes:
        logits, classes = normal(*shape, scale=5), integers(0, shape[-1], *shape[:-1])
        hot = lambda random: np.eye(shape[-1], dtype=F32)[classes(random)]
        case("sparseCrossEntropyWithLogits", logits, classes)
        case("crossEntropyWithLogits", logits, uniform(0, 1, *shape))
        case("crossEntropyWithLogits", logits, hot)
        case("binaryCrossEntropyWithLogits", logits, uniform(0, 1, *shape))
        case("binaryCrossEntropyWithLogits", logits, integers(0, 2, *shape, dtype=F32))
    name = "sparseCrossEntropyWithLogits"
    case(name, normal(4, 10, scale=5), integers(0, 10, 4, dtype=I64), tag="int64")
    case(name, normal(4, 10, offset=1000), integers(0, 10, 4), tag="far")
    case(name, normal(4, 10, scale=100), integers(0, 10, 4), tag="wide")
    case(name, floats([-INF, 0, 1], [-INF, -INF, 3], [NAN, 0, 1], [88.5, 88.6, 88.7]),
         np.array([1, 2, 2, 0], I32), tag="special")
    case("crossEntropyWithLogits", normal(4, 10, scale=100), uniform(0, 1, 4, 10), tag="wide")
    case("crossEntropyWithLogits", normal(4, 10), normal(4, 10), tag="any_labels")
    case("binaryCrossEntropyWithLogits", SPECIAL[~np.isinf(SPECIAL)][:, None], floats(0, 1, 0.3),
         tag="special")
    case("binaryCrossEntropyWithLogits", np.linspace(-100, 100, 41, dtype=F32)[:, None],
         floats(0, 0.25, 1), tag="wide")
    for name in ("crossEntropyWithLogits", "binaryCrossEntropyWithLogits"):
        case(name, normal(3, 5, dtype=F64), uniform(0, 1, 3, 5, dtype=F64), tag="float64")
    case("sparseCrossEntropyWithLogits", normal(3, 5, dtype=F64), integers(0, 5, 3), tag="float64")


FAMILIES = {
    "elementwise": elementwise,
    "activations": activations,
    "reductions": reductions,
    "linear": linear,
    "movement": movement,
    "windows": windows,
    "linear-algebra": linear_algebra,
    "losses": losses,
}


# Whose values NumPy and SciPy leave to a BLAS, which sums in the order its processor likes best.
SUMMED_BY_BLAS = ("linear.safetensors", "linear-algebra.safetensors")


def agree(kept, made, file):
    """Whether a file made again says what the kept one says.

    Byte for byte; but float64 results may differ by 4 units in the last place, since NumPy has
    loops of its own for each instruction set, and sums by a BLAS by 16 of an array's largest.
    """
    if kept == made or not file.endswith(".safetensors"):
        return kept == made
    kept, made = safetensors.numpy.load(kept), safetensors.numpy.load(made)
    if kept.keys() != made.keys():
        return False
    for name, old in kept.items():
        new = made[name]
        if old.dtype != new.dtype or old.shape != new.shape:
            return False
        if old.dtype == F64 and name.endswith("/y"):
            relative, absolute = 2.0**-50, 0
            if file in SUMMED_BY_BLAS:
                largest = np.max(np.abs(old), initial=0, where=np.isfinite(old))
                relative, absolute = 0, 2.0**-48 * largest
            if not np.allclose(old, new, rtol=relative, atol=absolute, equal_nan=True):
                return False
        elif old.tobytes() != new.tobytes():
            return False
    return True


def main():
    check = "--check" in sys.argv
    packages = (np, scipy, jax, safetensors)
    print("Python", platform.python_version(), *(f"{p.__name__} {p.__version__}" for p in packages))
    cases, size, used, differing = 0, 0, set(), []
    for name, build in FAMILIES.items():
        family = Family(name)
        build(family)
        cases += len(family.manifest)
        used |= {row["operation"] for row in family.manifest}
        for file, content in family.files():
            size += len(content)
            if not check:
                (HERE / file).write_bytes(content)
            elif not agree((HERE / file).read_bytes(), content, file):
                differing.append(file)
        print(f"{name}: {len(family.manifest)} cases")
    assert used == REFERENCES.keys(), REFERENCES.keys() - used
    print(f"{cases} cases of {len(used)} operations, {size} bytes")
    if differing:
        sys.exit(f"differs: {', '.join(differing)}")


if __name__ == "__main__":
    main()
