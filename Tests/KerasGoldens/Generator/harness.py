"""What every family of vectors shares: precision, names, the rule for comparing, the files."""

import json
import os
import sys
import zlib
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ["JAX_PLATFORMS"] = "cpu"

import jax

import keras
import numpy as np
from keras.src.backend.common import dtypes
from safetensors.numpy import save_file

VECTORS = Path(__file__).resolve().parent.parent / "Vectors"
RELATIVE = 1e-5
FLOOR = 0.01
ELEMENTWISE_FLOOR = 1e-6


# With JAX, Keras takes float64 down to float32 where it joins types; with TensorFlow it does not.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"


def set_precision(floatx):
    jax.config.update("jax_enable_x64", floatx == "float64")
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)


def generator(name):
    """A stream of random numbers of its own for everything that has a name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def f32(array):
    return np.asarray(array, np.float32)


def leaves(value):
    """The arrays of nested lists, in order."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in leaves(part)]
    return [np.asarray(value)]


def worst(found, reference, rule, floor):
    """The largest error as a fraction of what the rule allows; infinite where kinds differ."""
    found, reference = np.asarray(found), np.asarray(reference)
    if found.shape != reference.shape:
        return np.inf
    if reference.dtype.kind in "biu":
        return 0.0 if np.array_equal(found, reference) else np.inf
    found, reference = found.astype(np.float64), reference.astype(np.float64)
    finite = np.isfinite(reference)
    if not np.array_equal(found[~finite], reference[~finite], equal_nan=True):
        return np.inf
    if not finite.any():
        return 0.0
    if rule == "exact":
        return 0.0 if np.array_equal(found[finite], reference[finite]) else np.inf
    if rule == "elementwise":
        allowed = RELATIVE * np.abs(reference[finite]) + ELEMENTWISE_FLOOR
    else:
        allowed = RELATIVE * max(np.abs(reference[finite]).max(), floor)
        if allowed == 0:
            allowed = np.finfo(np.float32).tiny
    error = np.abs(found[finite] - reference[finite]) / allowed
    return float("inf") if np.isnan(error).any() else float(error.max())


set_precision("float32")


class Family:
    """The cases of one pair of files, `<name>.json` and `<name>.safetensors`.

    mark: what tells its cases from those of the same classes in other families.
    """

    def __init__(self, name, mark=""):
        self.name = name
        self.mark = mark
        self.rows = []
        self.tensors = {}
        self.counts = {}
        self.expected = 0
        self.noise = []

    def next_name(self, class_name):
        number = self.counts.get(class_name, 0) + 1
        self.counts[class_name] = number
        return f"{class_name}-{self.mark}{number}"

    def store(self, case, name, array):
        """Keeps an array under the name that a row gives it; `/name` is shared by cases."""
        full = name[1:] if name.startswith("/") else f"{case}/{name}"
        array = np.asarray(array)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        if array.dtype == np.int64:
            array = array.astype(np.int32)
        if full in self.tensors and not np.array_equal(
            self.tensors[full], array, equal_nan=array.dtype.kind == "f"
        ):
            raise ValueError(f"{full} is stored twice with two values")
        # An array without elements or dimensions must own its memory for safetensors.
        self.tensors[full] = np.array(array, order="C", copy=True)
        return name

    def case(
        self,
        kind,
        class_name,
        config,
        tensors,
        run,
        *,
        name=None,
        rule="scale",
        floor=FLOOR,
        precision="float64",
        noisy=1.0,
        **fields,
    ):
        """Adds a case.

        tensors: arrays by the name that `run` and the row know them by.
        run: from the same names, with floats of the precision asked for, to lists of expected
          arrays by role.
        """
        case = name or self.next_name(class_name)
        results = {}
        for floatx in ("float64", "float32"):
            set_precision(floatx)
            arrays = {
                key: np.asarray(a).astype(floatx) if np.asarray(a).dtype.kind == "f" else a
                for key, a in tensors.items()
            }
            results[floatx] = run(arrays)
        set_precision("float32")
        reference = results[precision]
        noise = 0.0
        for role, value in reference.items():
            for a, b in zip(leaves(results["float32"][role]), leaves(value), strict=True):
                noise = max(noise, worst(a, b, rule, floor))
        self.noise.append((noise, case))
        if noise > noisy:
            print(f"  {self.name}/{case} {config}: float32 differs by {noise:.2f} of the rule")

        row = {"case": case, "kind": kind, "class_name": class_name, "config": config}
        row.update(fields)
        if rule != "scale":
            row["rule"] = rule
        elif floor != FLOOR:
            row["floor"] = floor
        for key, array in tensors.items():
            self.store(case, key, array)
        for role, value in reference.items():
            row[role] = []
            for index, array in enumerate(leaves(value)):
                if array.dtype == np.float64 and precision == "float64":
                    finite = np.isfinite(array)
                    assert (np.abs(array[finite]) < 3e38).all(), (case, role)
                elif array.dtype == np.float32 and precision == "float64":
                    print(f"  {case} {role} {index} was computed in float32")
                row[role].append(self.store(case, f"{role}.{index}", array))
                self.expected += 1
        self.rows.append(row)
        return row

    def write(self):
        VECTORS.mkdir(exist_ok=True)
        lines = ",\n".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in self.rows)
        (VECTORS / f"{self.name}.json").write_text(f"[\n{lines}\n]\n", "utf-8")
        path = VECTORS / f"{self.name}.safetensors"
        save_file(dict(sorted(self.tensors.items())), path)
        path.chmod(0o644)
        noise = max(self.noise, default=(0.0, "-"))
        size = path.stat().st_size / 1e3
        print(
            f"{self.name}: {len(self.rows)} cases, {self.expected} arrays compared, "
            f"{size:.0f} kB; float32 noise at most {noise[0]:.2f} of the rule ({noise[1]})"
        )
        sys.stdout.flush()
