"""Writes printing.json: arrays, and the text that NumPy prints for them.

    python make_printing.py

The elements are written as the hexadecimal digits of their bytes; where there are many, element i is
i / `divisor`, or of a mask, whether `divisor` divides it. `text` is NumPy's str; `expression`
is its repr with the names of Martlet. Written with NumPy 2.4.6.
"""
import json
import pathlib

import numpy as np

cases = []


def case(name, array, divisor=1):
    array = np.asarray(array)
    kind = array.dtype.name
    shape = list(array.shape)
    if array.size == 0:
        text = None
        body = "[]"
    else:
        text = str(array) if array.shape else str(array[()])
        body = (np.array2string(array, separator=", ", prefix="Tensor(", suffix=")")
                if array.shape else text)
    extras = []
    if array.size == 0 and shape != [0] or array.size > 1000:
        extras.append(f"shape: {shape}")
    if kind != "float32":
        extras.append(f"dtype: {kind}")
    expression = "Tensor(" + body
    if extras:
        extra = ", ".join(extras)
        last = len(expression) - (expression.rfind("\n") + 1) + 1
        expression += ", " if last + len(extra) + 2 <= 75 else ",\n       "
        expression += extra
    expression += ")"
    if kind == "bool":
        text = text and text.replace("True", "true").replace("False", "false")
        expression = expression.replace("True", "true").replace("False", "false")
    cases.append({
        "case": name, "dtype": kind, "shape": shape,
        **({"bytes": array.tobytes().hex()} if array.size < 100 else {"divisor": divisor}),
        "text": expression if text is None else text, "expression": expression,
    })


F32, F64 = np.float32, np.float64
random = np.random.default_rng(7)
inf, nan = np.inf, np.nan

for dtype in (F32, F64):
    t = np.dtype(dtype).name
    for value in (0, -0.0, 1, -2.5, 0.1, 1 / 3, 1e-4, 9.9e-5, 1e15, 1e16, 123456789, 1e-30, inf, -inf, nan,
                  16777216, 0.30000000000000004, 5e-324, 3.4e38):
        with np.errstate(all="ignore"):
            case(f"{t} scalar {value}", np.array(value, dtype))
    rows = {
        "whole": [1, 2, 3], "halves": [0.5, -1, 20.25], "zeros": [0, 0, -0.0], "one": [7],
        "third": [1 / 3, 2 / 3, 1], "small": [1e-5, 2, 3], "just not small": [1e-4, 0.05],
        "large": [1e6, 1], "larger": [1e8, 1e8], "below": [999999, 999], "ratio": [1, 1001],
        "ratio 1000": [1, 1000], "ratio tenth": [0.1, 100.05], "nan": [1, nan, 3],
        "infinite": [inf, -inf, 2.5], "all nan": [nan, nan], "all inf": [inf, inf],
        "negative inf": [-inf, -inf], "nan and large": [nan, 1e20, -1], "exponents": [1e-30, 1e30],
        "tiny": [1e-38, 1.5], "rounded": [0.123456789012, 0.1], "nines": [0.999999999999, 0.5],
        "negative": [-0.25, 0.25], "scientific negative": [-1e10, 1e-10, 0],
        "digits": [1.2345678e-7, 3.3333333e7], "long": [12345.678, 23456.789],
    }
    if dtype is F64:
        rows["three digit exponents"] = [1e-300, 1e5]
        rows["subnormal"] = [5e-324, 1]
    for name, row in rows.items():
        case(f"{t} {name}", np.array(row, dtype))
    case(f"{t} matrix", np.array([[1, 2.5], [-3, 4]], dtype))
    case(f"{t} wrapped", np.arange(40, dtype=dtype) / 7)
    case(f"{t} wrapped matrix", random.standard_normal((3, 17)).astype(dtype))
    case(f"{t} rank 3", np.arange(12, dtype=dtype).reshape(2, 3, 2))
    case(f"{t} rank 4", np.arange(16, dtype=dtype).reshape(2, 2, 2, 2))
    case(f"{t} random", random.random((4, 4)).astype(dtype))
    case(f"{t} exactly 1000", np.arange(1000, dtype=dtype))
    case(f"{t} long vector", np.arange(1001, dtype=dtype))
    case(f"{t} long matrix", np.arange(10000, dtype=dtype).reshape(100, 100))
    case(f"{t} wide matrix", np.arange(4000, dtype=dtype).reshape(4, 1000) / 16, 16)
    case(f"{t} tall", np.arange(2000, dtype=dtype).reshape(1000, 2))
    case(f"{t} deep", np.arange(10 * 2 * 80, dtype=dtype).reshape(10, 2, 80))
    case(f"{t} empty", np.zeros(0, dtype))
    case(f"{t} empty matrix", np.zeros((0, 3), dtype))
    case(f"{t} empty rank 3", np.zeros((2, 0, 3), dtype))
for dtype in (np.int32, np.int64, np.uint8):
    t = np.dtype(dtype).name
    case(f"{t} scalar", np.array(5, dtype))
    case(f"{t} row", np.array([1, 20, 3], dtype))
    case(f"{t} matrix", np.arange(100, dtype=dtype).reshape(4, 25))
    case(f"{t} long", np.arange(1100 if dtype is not np.uint8 else 256).astype(dtype))
    case(f"{t} empty", np.zeros((3, 0), dtype))
    if dtype is not np.uint8:
        case(f"{t} negative", np.array([[-1, 0], [100, -1000]], dtype))
        case(f"{t} extremes", np.array([np.iinfo(dtype).min, np.iinfo(dtype).max], dtype))
case("bool scalar", np.array(True))
case("bool row", np.array([True, False]))
case("bool all true", np.array([[True, True]]))
case("bool all false", np.array([False]))
case("bool wide", np.arange(40) % 3 == 0)
case("bool long", np.arange(2000) % 2 == 0, 2)

path = pathlib.Path(__file__).with_name("printing.json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases")
