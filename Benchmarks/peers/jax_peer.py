"""The workloads in JAX, jitted with donated weights, and optax's optimizers.

    pip install jax==0.10.2 optax==0.2.8
"""
from functools import partial

import peer
import jax
import jax.numpy as jnp
import optax
from jax import lax
from workloads import WORKLOADS


class Weights:
    """The weights of a net, made by a first walk over its layers and read by those after it."""

    def __init__(self, key, values=None, training=True):
        self.key, self.values, self.made = key, values, []
        self.training, self.moving, self.after = training, [], []
        self.frozen, self.l2 = False, 0.0

    def next(self, *shape):
        if self.values is not None:
            value = self.values[len(self.made)]
        elif len(shape) == 1:
            value = jnp.zeros(shape)
        else:
            self.key, key = jax.random.split(self.key)
            value = jax.nn.initializers.glorot_uniform()(key, shape)
        self.made.append(value)
        return lax.stop_gradient(value) if self.frozen else value

    def random(self):
        self.key, key = jax.random.split(self.key)
        return key


def pool(x, form):
    n, height, width, channels = x.shape
    if form == "jit":
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    # The gradient of reduce_window is slow on CPUs.
    x = x[:, :height // 2 * 2, :width // 2 * 2]
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))


def batchnorm(x, w, moving):
    channels = x.shape[-1]
    scale, shift = w.next(channels) + 1, w.next(channels)
    if not w.training:
        mean, variance = moving
    else:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        w.after.append(tuple(0.99 * old + 0.01 * new
                             for old, new in zip(moving, (mean, variance))))
    return (x - mean) * (scale * lax.rsqrt(variance + 1e-3)) + shift


def recurrent(kind, x, units, w):
    """Keras' layers; the product of all steps' inputs is one."""
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[kind]
    inputs = jnp.swapaxes(x, 0, 1) @ w.next(x.shape[-1], gates * units) + w.next(gates * units)
    kernel = w.next(units, gates * units)
    second_bias = w.next(gates * units) if kind == "gru" else 0.0
    zeros = jnp.zeros((x.shape[0], units))

    def lstm(state, z):
        h, c = state
        i, f, g, o = jnp.split(z + h @ kernel, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    def gru(h, z):
        zz, zr, zh = jnp.split(z, 3, axis=-1)
        hz, hr, hh = jnp.split(h @ kernel + second_bias, 3, axis=-1)
        update = jax.nn.sigmoid(zz + hz)
        h = update * h + (1 - update) * jnp.tanh(zh + jax.nn.sigmoid(zr + hr) * hh)
        return h, h

    def rnn(h, z):
        h = jnp.tanh(z + h @ kernel)
        return h, h

    cell, state = {"lstm": (lstm, (zeros, zeros)), "gru": (gru, zeros), "rnn": (rnn, zeros)}[kind]
    _, y = lax.scan(cell, state, inputs, unroll=4)
    return jnp.swapaxes(y, 0, 1)


def walk(layers, x, w, form):
    """The result of the layers."""
    for kind, *numbers in layers:
        if kind == "dense":
            x = x @ w.next(x.shape[-1], numbers[0]) + w.next(numbers[0])
        elif kind == "conv":
            filters, size, padding, stride, l2 = numbers
            kernel = w.next(size, size, x.shape[-1], filters)
            w.l2 += l2 * (kernel ** 2).sum() if l2 else 0.0
            x = lax.conv_general_dilated(
                x, kernel, (stride, stride), padding.upper(),
                dimension_numbers=("NHWC", "HWIO", "NHWC")) + w.next(filters)
        elif kind == "batchnorm":
            channels = x.shape[-1]
            zeros, ones = jnp.zeros(channels), jnp.ones(channels)
            index = len(w.after)
            x = batchnorm(x, w, w.moving[index] if w.moving else (zeros, ones))
        elif kind == "pool":
            x = pool(x, form)
        elif kind == "average":
            x = x.mean((1, 2))
        elif kind == "flatten":
            x = x.reshape(x.shape[0], -1)
        elif kind == "dropout" and w.training:
            kept = jax.random.bernoulli(w.random(), 1 - numbers[0], x.shape)
            x = jnp.where(kept, x / (1 - numbers[0]), 0)
        elif kind == "relu":
            x = jax.nn.relu(x)
        elif kind in ("lstm", "gru", "rnn"):
            x = recurrent(kind, x, numbers[0], w)
        elif kind == "residual":
            x = walk(numbers[0], x, w, form) + walk(numbers[1], x, w, form)
        elif kind == "frozen":
            w.frozen = True
            x = walk(numbers[0], x, w, form)
            w.frozen = False
    return x


def make_optimizer(kind, options):
    if kind == "adam":
        return optax.adam(options["rate"], options["beta1"], options["beta2"], options["epsilon"])
    if kind == "adadelta":
        return optax.adadelta(options["rate"], options["rho"], options["epsilon"])
    return optax.sgd(options["rate"], options["momentum"] or None)


def forms(work):
    pools = any(layer[0] == "pool" for layer in WORKLOADS[work]["layers"])
    return ["jit"] + pools * ["reshaped-pool"] + (work == "predict1") * ["constant-weights"]


def prepare(work, form):
    spec = WORKLOADS[work]
    layers, shape, batch = spec["layers"], spec["shape"], spec["batch"]
    if len(shape) == 2:
        x = jax.nn.one_hot(jax.random.randint(jax.random.key(3), (batch, shape[0]), 0, shape[1]),
                           shape[1])
        outputs = (batch, shape[0])
    else:
        x, outputs = jax.random.uniform(jax.random.key(3), (batch, *shape)), (batch,)
    y = jax.random.randint(jax.random.key(4), outputs, 0, spec["classes"])
    # The quicker of JAX's generators.
    key = jax.random.key(5, impl="rbg")
    first = Weights(key)
    walk(layers, x, first, form)
    weights, moving = first.made, first.after
    count = sum(value.size for value in weights)

    if not spec["loss"]:
        predict = jax.jit(lambda weights, x: jax.nn.softmax(
            walk(layers, x, Weights(None, weights, training=False), form)))
        if form == "constant-weights":
            predict = jax.jit(partial(predict, weights))
            return count, peer.timed(lambda: predict(x).block_until_ready())
        return count, peer.timed(lambda: predict(weights, x).block_until_ready())

    # Frozen weights come first and are no arguments of the gradient.
    split = 0
    if layers[0][0] == "frozen":
        alone = Weights(key)
        walk(layers[:1], x, alone, form)
        split = len(alone.made)
        count = sum(value.size for value in weights[split:])
    fixed, weights = weights[:split], weights[split:]

    def loss_of(weights, moving, key, x, y):
        w = Weights(key, fixed + weights)
        w.moving = moving
        logits = walk([layer for layer in layers if layer[0] != "sigmoid"], x, w, form)
        if spec["loss"] == "pixels":
            losses = optax.sigmoid_binary_cross_entropy(logits, x)
        else:
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, y)
        return losses.mean() + w.l2, (w.after, w.key)

    optimizer = make_optimizer(*spec["optimizer"])

    def train(weights, slots, moving, key, x, y):
        (loss, (moving, key)), gradients = jax.value_and_grad(loss_of, has_aux=True)(
            weights, moving, key, x, y)
        updates, slots = optimizer.update(gradients, slots, weights)
        return optax.apply_updates(weights, updates), slots, moving, key, loss

    train = jax.jit(train, donate_argnums=(0, 1, 2, 3))
    state = [weights, optimizer.init(weights), moving, key]

    def step():
        *state[:], loss = train(*state, x, y)
        jax.block_until_ready((state[:3], loss))
    return count, peer.timed(step)


if __name__ == "__main__":
    peer.main("jax", f"JAX {jax.__version__}, optax {optax.__version__}", forms, prepare)
