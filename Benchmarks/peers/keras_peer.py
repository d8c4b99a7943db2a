"""The workloads in Keras on TensorFlow: `train_on_batch`, and `fit` with and without XLA.

    pip install tensorflow-cpu==2.21.0 keras==3.15.1

`fit` reads a batch that is resident and runs many steps in one execution, its fastest form.
"""
import os
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import peer
import keras
import numpy as np
import tensorflow as tf
from keras import layers as kl
from workloads import WORKLOADS

tf.config.threading.set_intra_op_parallelism_threads(peer.options.threads)
tf.config.threading.set_inter_op_parallelism_threads(peer.options.threads)


def build(layers, x, trainable=True):
    """The layers, called on a symbolic tensor."""
    for kind, *numbers in layers:
        if kind == "dense":
            layer = kl.Dense(numbers[0])
        elif kind == "conv":
            filters, size, padding, stride, l2 = numbers
            layer = kl.Conv2D(filters, size, stride, padding,
                              kernel_regularizer=keras.regularizers.L2(l2) if l2 else None)
        elif kind == "batchnorm":
            layer = kl.BatchNormalization()
        elif kind == "pool":
            layer = kl.MaxPooling2D(2)
        elif kind == "average":
            layer = kl.GlobalAveragePooling2D()
        elif kind == "flatten":
            layer = kl.Flatten()
        elif kind == "dropout":
            layer = kl.Dropout(numbers[0])
        elif kind in ("relu", "sigmoid"):
            layer = kl.Activation(kind)
        elif kind in ("lstm", "gru", "rnn"):
            make = {"lstm": kl.LSTM, "gru": kl.GRU, "rnn": kl.SimpleRNN}[kind]
            layer = make(numbers[0], return_sequences=True)
        elif kind == "residual":
            x = build(numbers[0], x) + build(numbers[1], x)
            continue
        elif kind == "frozen":
            x = build(numbers[0], x, trainable=False)
            continue
        layer.trainable = trainable
        x = layer(x)
    return x


def make_optimizer(kind, options):
    rate = options["rate"]
    if kind == "adam":
        return keras.optimizers.Adam(rate, options["beta1"], options["beta2"], options["epsilon"])
    if kind == "adadelta":
        return keras.optimizers.Adadelta(rate, options["rho"], options["epsilon"])
    return keras.optimizers.SGD(rate, options["momentum"])


class Stopwatch(keras.callbacks.Callback):
    """The time of each execution of a fit, from the end of one to the end of the next."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(time.perf_counter())


def forms(work):
    if not WORKLOADS[work]["loss"]:
        return ["predict_on_batch", "predict_on_batch-xla", "call"]
    return ["train_on_batch", "train_on_batch-xla", "fit", "fit-xla"]


def prepare(work, form):
    spec = WORKLOADS[work]
    keras.backend.clear_session()
    random = np.random.default_rng(1)
    shape, batch = spec["shape"], spec["batch"]
    inputs = keras.Input(shape)
    model = keras.Model(inputs, build(spec["layers"], inputs))
    if len(shape) == 2:
        x = np.eye(shape[1], dtype="float32")[random.integers(0, shape[1], (batch, shape[0]))]
        y = random.integers(0, spec["classes"], (batch, shape[0])).astype("int32")
    else:
        x = random.random((batch, *shape), "float32")
        y = random.integers(0, spec["classes"], batch).astype("int32")
    xla = form.endswith("-xla")
    x, y = tf.constant(x), tf.constant(y)

    if not spec["loss"]:
        model = keras.Sequential([model, kl.Softmax()])
        model.compile(jit_compile=xla)
        if form == "call":
            call = tf.function(lambda x: model(x, training=False))
            return model.count_params(), peer.timed(lambda: call(x).numpy())
        return model.count_params(), peer.timed(lambda: model.predict_on_batch(x))

    count = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    if spec["loss"] == "pixels":
        y, loss = x, keras.losses.BinaryCrossentropy()
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = make_optimizer(*spec["optimizer"])
    if form.startswith("train_on_batch"):
        model.compile(optimizer, loss, jit_compile=xla)
        return count, peer.timed(lambda: model.train_on_batch(x, y))

    data = tf.data.Dataset.from_tensors((x, y)).repeat()

    def fit(seconds):
        steps = 2
        while True:
            watch = Stopwatch()
            model.fit(data, epochs=1, steps_per_epoch=steps * executed, verbose=0,
                      shuffle=False, callbacks=[watch])
            times = [(b - a) / executed for a, b in zip(watch.ends, watch.ends[1:])]
            if len(times) >= 5 and sum(times) * executed >= seconds:
                return times
            each = sorted(times)[len(times) // 2] * executed
            steps = max(steps + 1, 6, int(1 + 1.1 * seconds / each))

    # As many steps in one execution as take some 20 ms.
    model.compile(optimizer, loss, jit_compile=xla)
    model.train_on_batch(x, y)
    begin = time.perf_counter()
    model.train_on_batch(x, y)
    executed = max(1, min(100, int(0.05 / (time.perf_counter() - begin))))
    model.compile(optimizer, loss, jit_compile=xla, steps_per_execution=executed)
    return count, fit


if __name__ == "__main__":
    peer.main("keras", f"Keras {keras.__version__} on TensorFlow {tf.__version__}", forms, prepare)
