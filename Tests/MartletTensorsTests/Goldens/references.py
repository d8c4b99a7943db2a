"""What each operation means, said by NumPy, SciPy and JAX.

One function per operation: its inputs are arrays, its attributes keywords, spelled as in the
manifests. The decorator names the rule by which a result is compared:

    exact        inputs come as they are; the result must agree to the last bit
    elementwise  float inputs come as float64; relative and absolute tolerance
    summed       float inputs come as float64; the function returns Sum(y, k, absum), and a result
                 may be k * (2^-24 * absum + 2^-149) away
    linalg       nothing to compare with (an answer is not unique): the test checks residuals
"""

import itertools
import math
from typing import NamedTuple

import jax
import numpy as np
import scipy.special

jax.config.update("jax_enable_x64", True)

lax = jax.lax


class Sum(NamedTuple):
    """A result, the roundings on the way to it, and the sum of the absolute values summed."""

    y: np.ndarray
    k: int
    absum: np.ndarray | float


REFERENCES = {}
UNIT = 2.0**-24  # one rounding to float32, relative


def _rule(rule):
    def register(function):
        REFERENCES[function.__name__.rstrip("_")] = (rule, function)
        return function

    return register


exact, elementwise, summed, linalg = (
    _rule(rule) for rule in ("exact", "elementwise", "sum", "linalg")
)


def _register(decorator, **functions):
    """Operations without attributes that a library has as a function."""

    def named(name, function):
        operation = lambda *inputs: function(*inputs)
        operation.__name__ = name
        return operation

    for name, function in functions.items():
        decorator(named(name, function))


def _float64(x):
    """A JAX result, which must not have been computed in less than float64."""
    y = np.asarray(x)
    assert y.dtype == np.float64, y.dtype
    return y


def _products(f, *operands):
    """Sums of products: the same sums over absolute values bound, over ones count, the terms."""
    count = np.asarray(f(*(np.ones(a.shape) for a in operands)))
    k = int(count.max()) if count.size else 0
    return Sum(f(*operands), k, f(*(np.abs(a) for a in operands)))


def _axes(axes):
    return axes if axes is None else tuple(axes)


def _terms(x, axes):
    return math.prod(x.shape if axes is None else (x.shape[axis] for axis in axes))


# Elementwise: arithmetic and comparison ----------------------------------------------------------

_register(
    exact,
    add=np.add,
    subtract=np.subtract,
    multiply=np.multiply,
    divide=np.divide,
    minimum=np.minimum,
    maximum=np.maximum,
    equal=np.equal,
    notEqual=np.not_equal,
    less=np.less,
    lessEqual=np.less_equal,
    greater=np.greater,
    greaterEqual=np.greater_equal,
    logicalAnd=np.logical_and,
    logicalOr=np.logical_or,
    logicalXor=np.logical_xor,
    logicalNot=np.logical_not,
    where=np.where,
    replacing=lambda x, value, condition: np.where(condition, value, x),
    abs=np.abs,
    sign=np.sign,
    negate=np.negative,
    square=np.square,
    sqrt=np.sqrt,
    reciprocal=lambda x: np.divide(x.dtype.type(1), x),
    floor=np.floor,
    ceil=np.ceil,
    round=np.round,
    isNaN=np.isnan,
    isInfinite=np.isinf,
    isFinite=np.isfinite,
)

_register(
    elementwise,
    floorDivide=np.floor_divide,
    remainder=np.remainder,
    pow=np.power,
    atan2=np.arctan2,
    rsqrt=lambda x: 1 / np.sqrt(x),
    exp=np.exp,
    expm1=np.expm1,
    log=np.log,
    log1p=np.log1p,
    log2=np.log2,
    sin=np.sin,
    cos=np.cos,
    tan=np.tan,
    asin=np.arcsin,
    acos=np.arccos,
    atan=np.arctan,
    sinh=np.sinh,
    cosh=np.cosh,
    tanh=np.tanh,
    sigmoid=scipy.special.expit,
    softplus=lambda x: np.logaddexp(0, x),
    erf=scipy.special.erf,
)


@exact
def clip(x, minimum=None, maximum=None):
    return np.clip(x, minimum, maximum)


@exact
def cast(x, to="float32"):
    return x.astype({"bool": np.bool_}.get(to, to))


# Activations -------------------------------------------------------------------------------------

@exact
def relu(x):
    return np.maximum(x, x.dtype.type(0))


@elementwise
def leakyRelu(x, negativeSlope=0.2):
    return np.where(x < 0, negativeSlope * x, x)


@elementwise
def elu(x, alpha=1.0):
    return np.where(x < 0, alpha * np.expm1(x), x)


@elementwise
def selu(x):
    return 1.0507009873554805 * np.where(x < 0, 1.6732632423543772 * np.expm1(x), x)


@elementwise
def gelu(x, approximate=False):
    if approximate:
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * scipy.special.ndtr(x)


@elementwise
def silu(x):
    return x * scipy.special.expit(x)


@elementwise
def softsign(x):
    return x / (1 + np.abs(x))


@elementwise
def hardSigmoid(x):
    return np.clip(x + 3, 0, 6) / 6


@elementwise
def mish(x):
    return x * np.tanh(np.logaddexp(0, x))


@elementwise
def softmax(x, axis=-1):
    return _float64(jax.nn.softmax(x, axis))


@elementwise
def logSoftmax(x, axis=-1):
    return _float64(jax.nn.log_softmax(x, axis))


@elementwise
def logSumExp(x, axes=None, keepingDimensions=False):
    return _float64(jax.nn.logsumexp(x, _axes(axes), keepdims=keepingDimensions))


# Reductions --------------------------------------------------------------------------------------

@summed
def sum_(x, axes=None, keepingDimensions=False):
    f = lambda a: np.sum(a, _axes(axes), keepdims=keepingDimensions)
    return Sum(f(x), _terms(x, axes), f(np.abs(x)))


@summed
def mean(x, axes=None, keepingDimensions=False):
    f = lambda a: np.mean(a, _axes(axes), keepdims=keepingDimensions)
    return Sum(f(x), _terms(x, axes) + 1, f(np.abs(x)))


@summed
def variance(x, axes=None, keepingDimensions=False):
    """Of the population. The mean's own error enters squared: one pass over x², which loses the
    digits of a far-away mean, is out of bounds."""
    y = np.var(x, _axes(axes), keepdims=keepingDimensions)
    k = _terms(x, axes) + 4
    size = np.mean(np.abs(x), _axes(axes), keepdims=keepingDimensions)
    return Sum(y, k, y + k * UNIT * size**2)


@summed
def standardDeviation(x, axes=None, keepingDimensions=False):
    v, k, absum = variance(x, axes, keepingDimensions)
    y, error = np.sqrt(v), k * UNIT * absum
    root = np.minimum(np.divide(error, y, out=np.full_like(y, np.inf), where=y > 0), np.sqrt(error))
    return Sum(y, k, y + root / (k * UNIT))


@exact
def max_(x, axes=None, keepingDimensions=False):
    return np.max(x, _axes(axes), keepdims=keepingDimensions)


@exact
def min_(x, axes=None, keepingDimensions=False):
    return np.min(x, _axes(axes), keepdims=keepingDimensions)


@summed
def prod(x, axes=None, keepingDimensions=False):
    y = np.prod(x, _axes(axes), keepdims=keepingDimensions)
    return Sum(y, _terms(x, axes), np.abs(y))


@exact
def any_(x, axes=None, keepingDimensions=False):
    return np.any(x, _axes(axes), keepdims=keepingDimensions)


@exact
def all_(x, axes=None, keepingDimensions=False):
    return np.all(x, _axes(axes), keepdims=keepingDimensions)


@summed
def norm(x, order=2, axes=None, keepingDimensions=False):
    """Of the vector that the axes make up, whatever their number."""
    reduced = dict(axis=_axes(axes), keepdims=keepingDimensions)
    y = {
        1: lambda: np.sum(np.abs(x), **reduced),
        2: lambda: np.sqrt(np.sum(x * x, **reduced)),
        "infinity": lambda: np.max(np.abs(x), **reduced),
    }[order]()
    return Sum(y, _terms(x, axes) + 2, y)


def _cumulated(f, x, axis, exclusive, reverse):
    x = np.flip(x, axis) if reverse else x
    y = f(x, axis, x.dtype)
    if exclusive:
        y = np.roll(y, 1, axis)
        np.moveaxis(y, axis, 0)[:1] = f is np.cumprod
    return np.flip(y, axis) if reverse else y


@summed
def cumsum(x, axis=0, exclusive=False, reverse=False):
    f = lambda a: _cumulated(np.cumsum, a, axis, exclusive, reverse)
    return Sum(f(x), x.shape[axis], f(np.abs(x)))


@summed
def cumprod(x, axis=0, exclusive=False, reverse=False):
    y = _cumulated(np.cumprod, x, axis, exclusive, reverse)
    return Sum(y, x.shape[axis], np.abs(y))


@exact
def argmax(x, axis=None, keepingDimensions=False):
    return np.argmax(x, axis, keepdims=keepingDimensions)


@exact
def argmin(x, axis=None, keepingDimensions=False):
    return np.argmin(x, axis, keepdims=keepingDimensions)


# Linear ------------------------------------------------------------------------------------------

@summed
def matmul(a, b):
    return _products(np.matmul, a, b)


@summed
def dot(a, b):
    return _products(np.dot, a, b)


@summed
def outer(a, b):
    return _products(np.outer, a, b)


@summed
def tensordot(a, b, axes=2):
    """`axes` is a number of axes, last of a with first of b, or [axes of a, axes of b]."""
    return _products(lambda a, b: np.asarray(np.tensordot(a, b, axes)), a, b)


@summed
def einsum(*operands, equation=""):
    y, k, absum = _products(lambda *all: np.asarray(np.einsum(equation, *all)), *operands)
    return Sum(y, k + 2 * max(len(operands) - 2, 0), absum)


# Movement ----------------------------------------------------------------------------------------

@exact
def reshape(x, shape=()):
    return np.reshape(x, shape)


@exact
def transpose(x, axes=None):
    return np.transpose(x, axes)


@exact
def squeeze(x, axes=None):
    return np.squeeze(x, _axes(axes))


@exact
def expandDims(x, axes=()):
    """The axes are those of the result."""
    return np.expand_dims(x, _axes(axes))


@exact
def broadcast(x, shape=()):
    return np.broadcast_to(x, shape)


@exact
def concatenate(*parts, axis=0):
    return np.concatenate(parts, axis)


@exact
def stack(*parts, axis=0):
    return np.stack(parts, axis)


@exact
def split(x, count=None, sizes=None, axis=0):
    """Into `count` equal parts, or into parts of the given sizes."""
    return np.split(x, np.cumsum(sizes)[:-1] if sizes else count, axis)


@exact
def pad(x, padding=(), mode="constant", value=0.0):
    """`reflect` leaves the edge out of the mirror image, `symmetric` has it, `edge` repeats it."""
    constant = {"constant_values": value} if mode == "constant" else {}
    return np.pad(x, padding, mode, **constant)


@exact
def flip(x, axes=None):
    return np.flip(x, _axes(axes))


@exact
def roll(x, shifts=(), axes=None):
    """Without axes: of the flattened elements, by one shift."""
    return np.roll(x, shifts[0] if axes is None else shifts, axes)


@exact
def tile(x, repeats=()):
    """The shorter of `repeats` and the shape is filled with leading ones."""
    return np.tile(x, repeats)


@exact
def repeat(x, count=None, counts=None, axis=None):
    """Each element `count` times, or element i of the axis counts[i] times; no axis flattens."""
    return np.repeat(x, counts if count is None else count, axis)


@exact
def slice_(x, starts=(), ends=(), steps=()):
    """Python's slices, one for each leading axis; null stands for an omitted bound."""
    return x[tuple(map(slice, starts, ends, steps))]


@exact
def gather(x, indices, axis=0):
    """y[o…, j…, i…] = x[o…, indices[j…], i…]; a negative index counts from the end."""
    return np.take(x, indices, axis)


@exact
def take(x, indices):
    """Elements of the flattened x."""
    return np.take(x, indices)


@exact
def takeAlong(x, indices, axis=0):
    """y[o…, j, i…] = x[o…, indices[o…, j, i…], i…]"""
    return np.take_along_axis(x, indices, axis)


@summed
def scatterAdd(x, indices, updates, axis=0):
    """x with updates[o…, j…, i…] added at [o…, indices[j…], i…]; indices may repeat."""

    def added(x, updates):
        y = np.array(np.moveaxis(x, axis, 0))
        axes = range(axis, axis + indices.ndim)
        np.add.at(y, indices, np.moveaxis(updates, axes, range(indices.ndim)))
        return np.moveaxis(y, 0, axis)

    absum = added(np.abs(x), np.abs(updates))
    return Sum(added(x, updates), int(indices.size) + 1, absum)


@exact
def oneHot(indices, depth=1, axis=-1):
    return np.moveaxis(np.eye(depth, dtype=np.float32)[indices], -1, axis)


def _order(x, axis, descending):
    """Stable either way; NaN is the largest."""
    if not descending:
        return np.argsort(x, axis, stable=True)
    turned = np.argsort(np.flip(x, axis), axis, stable=True)
    return np.flip(x.shape[axis] - 1 - turned, axis)


@exact
def sort(x, axis=-1, descending=False):
    return np.take_along_axis(x, _order(x, axis, descending), axis)


@exact
def argsort(x, axis=-1, descending=False):
    return _order(x, axis, descending)


@exact
def topK(x, k=1):
    """Values and indices of the k largest along the last axis, the first of equals first."""
    order = _order(x, -1, True)[..., :k]
    return [np.take_along_axis(x, order, -1), order]


@exact
def triu(x, diagonal=0):
    return np.triu(x, diagonal)


@exact
def tril(x, diagonal=0):
    return np.tril(x, diagonal)


@exact
def diag(x, offset=0):
    """A vector's matrix, or a matrix' vector."""
    return np.diag(x, offset)


@exact
def nonzero(x):
    """[count, rank]: one row of indices for each element that is not zero, in row major order."""
    return np.argwhere(x)


# Windows: channels last --------------------------------------------------------------------------

_LAYOUTS = {1: ("NWC", "WIO"), 2: ("NHWC", "HWIO"), 3: ("NDHWC", "DHWIO")}


def _layout(x):
    images, kernel = _LAYOUTS[x.ndim - 2]
    return images, kernel, images


def _lax_padding(padding, kernel, dilations):
    if padding == "causal":
        return [((kernel[0] - 1) * dilations[0], 0)]
    return padding.upper() if isinstance(padding, str) else padding


@summed
def conv(x, w, strides=None, dilations=None, padding="valid", groups=1):
    """x [batch, spatial…, channels], w [spatial…, channels / groups, filters].

    `same` puts the odd element of padding after; `causal` (1-D) pads before only."""
    pads = _lax_padding(padding, w.shape, dilations)
    f = lambda x, w: _float64(
        lax.conv_general_dilated(
            x, w, strides, pads, rhs_dilation=dilations, dimension_numbers=_layout(x),
            feature_group_count=groups,
        )
    )
    return _products(f, x, w)


@summed
def depthwiseConv(x, w, strides=None, dilations=None, padding="valid"):
    """w [spatial…, channels, multiplier]; filter m of channel c is output c * multiplier + m."""
    flat = w.reshape(*w.shape[:-2], 1, -1)
    return conv(x, flat, strides, dilations, padding, groups=x.shape[-1])


@summed
def convTranspose(x, w, strides=None, dilations=None, padding="valid", outputPadding=None):
    """x [batch, spatial…, in], w [spatial…, out, in]: the input's gradient of a convolution.

    With e = (kernel - 1) * dilation + 1, an axis of n elements becomes
        valid     (n - 1) * stride + e + outputPadding          outputPadding = max(stride - e, 0)
        same      n * stride, or with an outputPadding p: (n - 1) * stride + e % 2 + p
        explicit  (n - 1) * stride + e - before - after + outputPadding      outputPadding = 0
    Explicit padding is that of the convolution whose gradient this is."""
    pads = []
    for axis, (stride, dilation) in enumerate(zip(strides, dilations)):
        e = (w.shape[axis] - 1) * dilation + 1
        extra = None if outputPadding is None else outputPadding[axis]
        if padding == "valid":
            pads.append((e - 1, e - 1 + (max(stride - e, 0) if extra is None else extra)))
        elif padding == "same":
            total = e + stride - 2 if extra is None else e + e % 2 - 2 + extra
            before = min((total + 1) // 2, e - 1)
            pads.append((before, total - before))
        else:
            before, after = padding[axis]
            pads.append((e - 1 - before, e - 1 - after + (extra or 0)))
    f = lambda x, w: _float64(
        lax.conv_transpose(
            x, w, strides, pads, rhs_dilation=dilations, dimension_numbers=_layout(x),
            transpose_kernel=True,
        )
    )
    y = _products(f, x, w)
    if outputPadding is None and isinstance(padding, str):
        named = lax.conv_transpose(
            x, w, strides, padding.upper(), rhs_dilation=dilations, dimension_numbers=_layout(x),
            transpose_kernel=True,
        )
        np.testing.assert_array_equal(y.y, named)
    return y


def _pooled(x, start, reduction, window, strides, padding):
    pads = padding.upper() if isinstance(padding, str) else [(0, 0), *padding, (0, 0)]
    return np.asarray(
        lax.reduce_window(x, start, reduction, (1, *window, 1), (1, *strides, 1), pads)
    )


@exact
def maxPool(x, window=(), strides=(), padding="valid"):
    return _pooled(x, x.dtype.type(-np.inf), lax.max, window, strides, padding)


@summed
def averagePool(x, window=(), strides=(), padding="valid", countingOutside=False):
    """The mean of the part of the window that lies in the image, unless the outside counts."""
    f = lambda a: _float64(_pooled(a, np.float64(0), lax.add, window, strides, padding))
    count = math.prod(window) if countingOutside else f(np.ones_like(x))
    return Sum(f(x) / count, math.prod(window) + 1, f(np.abs(x)) / count)


def _spatial(x):
    return tuple(range(1, x.ndim - 1))


@exact
def globalMaxPool(x, keepingDimensions=False):
    return np.max(x, _spatial(x), keepdims=keepingDimensions)


@summed
def globalAveragePool(x, keepingDimensions=False):
    return mean(x, _spatial(x), keepingDimensions)


@exact
def resizeNearest(x, size=()):
    """Pixel centres at halves: row i reads row floor((i + 1/2) * in / out)."""
    for axis, (n, m) in enumerate(zip(x.shape[1:-1], size), start=1):
        x = np.take(x, [(2 * i + 1) * n // (2 * m) for i in range(m)], axis)
    return x


@summed
def resizeBilinear(x, size=()):
    """Pixel centres at halves, edges held, no antialiasing."""
    f = lambda x: _float64(
        jax.image.resize(x, (x.shape[0], *size, x.shape[-1]), "linear", antialias=False)
    )
    corners = _neighbours(np.abs(x), size)
    return Sum(f(x), 8 + 2 * max(x.shape[1:-1]), corners)


@summed
def resizeBicubic(x, size=()):
    """Keys' cubic with a = -1/2; pixel centres at halves, what lies outside counts nothing."""
    f = lambda x, shape: _float64(jax.image.resize(x, shape, "cubic", antialias=False))
    absum = np.abs(x)
    for axis, (n, m) in enumerate(zip(x.shape[1:-1], size), start=1):
        weights = np.abs(f(np.eye(n), (m, n)))
        absum = np.moveaxis(np.tensordot(weights, absum, (1, axis)), 0, axis)
    y = f(x, (x.shape[0], *size, x.shape[-1]))
    return Sum(y, 8 + 2 * max(x.shape[1:-1]), absum)


def _neighbours(x, size):
    """The unweighted sum of the pixels that a bilinear sample may read: weights are rounded too."""
    for axis, (n, m) in enumerate(zip(x.shape[1:-1], size), start=1):
        at = (np.arange(m) + 0.5) * n / m - 0.5
        low, high = np.floor(at - 1e-6), np.ceil(at + 1e-6)
        x = sum(np.take(x, np.clip(side, 0, n - 1).astype(int), axis) for side in (low, high))
    return x


# Linear algebra ----------------------------------------------------------------------------------

@linalg
def qr(a):
    return []


@linalg
def cholesky(a):
    return []


@linalg
def solve(a, b):
    return []


@summed
def triangularSolve(t, b, upper=False):
    """What stands in the other half is not read. |T^-1| |T| |x| bounds what roundings move."""
    t = np.triu(t) if upper else np.tril(t)
    vector = b.ndim == 1
    x = np.linalg.solve(t, b[:, None] if vector else b)
    absum = np.abs(np.linalg.inv(t)) @ (np.abs(t) @ np.abs(x))
    if vector:
        x, absum = x[:, 0], absum[:, 0]
    return Sum(x, t.shape[-1] + 2, absum)


@summed
def determinant(a):
    """The absolute values summed are the products of Leibniz' formula."""
    n = a.shape[-1]
    products = [
        math.prod((np.abs(a[..., i, j]) for i, j in enumerate(order)), start=np.ones(a.shape[:-2]))
        for order in itertools.permutations(range(n))
    ]
    return Sum(np.linalg.det(a), 2 * n + 1, sum(products))


@summed
def inverse(a):
    """|A^-1| |A| |A^-1| bounds what roundings move."""
    y = np.linalg.inv(a)
    return Sum(y, 2 * a.shape[-1] + 2, np.abs(y) @ np.abs(a) @ np.abs(y))


@linalg
def svd(a):
    return []


@summed
def singularValues(a):
    """Descending. Each moves by no more than the largest times the relative error of a."""
    y = np.linalg.svd(a, compute_uv=False)
    largest = np.broadcast_to(y[..., :1], y.shape)
    return Sum(y, 8 * sum(a.shape[-2:]), largest)


# Losses: logits first, then labels; classes along the last axis ----------------------------------

@elementwise
def sparseCrossEntropyWithLogits(logits, labels):
    logarithms = logSoftmax(logits)
    return -np.take_along_axis(logarithms, labels[..., None], -1)[..., 0]


@summed
def crossEntropyWithLogits(logits, labels):
    terms = labels * logSoftmax(logits)
    absum = np.sum(np.abs(terms) + np.abs(labels), -1)
    return Sum(-np.sum(terms, -1), logits.shape[-1] + 6, absum)


@summed
def binaryCrossEntropyWithLogits(logits, labels):
    """max(x, 0) - x * z + log(1 + exp(-|x|)), per element."""
    parts = [np.maximum(logits, 0), -logits * labels, np.log1p(np.exp(-np.abs(logits)))]
    return Sum(sum(parts), 4, sum(map(np.abs, parts)))
