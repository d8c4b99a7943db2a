"""The nets that every peer builds, as plain data: those of Sources/benchmark/Workloads*.swift.

A layer is a tuple: its kind, then its numbers. Sizes are Keras': channels last, no batch.
"""

RELU = ("relu",)
SIGMOID = ("sigmoid",)
FLATTEN = ("flatten",)
POOL = ("pool",)  # 2 by 2
AVERAGE = ("average",)  # over all pixels
BATCHNORM = ("batchnorm",)  # momentum 0.99, epsilon 1e-3


def dense(units):
    return ("dense", units)


def conv(filters, kernel, padding="valid", stride=1, l2=0.0):
    return ("conv", filters, kernel, padding, stride, l2)


def dropout(rate):
    return ("dropout", rate)


def residual(body, shortcut=()):
    return ("residual", list(body), list(shortcut))


def frozen(layers):
    return ("frozen", list(layers))


# Keras' hyperparameters, which are those of Martlet.
ADAM = ("adam", dict(rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-7))
ADADELTA = ("adadelta", dict(rate=1.0, rho=0.95, epsilon=1e-7))
SGD = ("sgd", dict(rate=0.1, momentum=0.0))
MOMENTUM = ("sgd", dict(rate=0.01, momentum=0.9))


def net(shape, batch, layers, optimizer=None, loss="classes", classes=10):
    """loss: `classes` (integer labels, of every step in a sequence), `pixels` (binary
    crossentropy with the input as target), or None for a net that only predicts."""
    return dict(shape=shape, batch=batch, layers=layers, optimizer=optimizer, loss=loss,
                classes=classes)


def perceptron(batch):
    return net((784,), batch, [dense(512), RELU, dense(512), RELU, dense(10)], ADAM)


def lenet5(batch, optimizer=ADAM, loss="classes"):
    return net((28, 28, 1), batch, [
        conv(6, 5, "same"), RELU, POOL, conv(16, 5), RELU, POOL, FLATTEN,
        dense(120), RELU, dense(84), RELU, dense(10)], optimizer, loss)


def sequence(kind):
    return net((64, 64), 64, [(kind, 128), dense(64)], ADAM, classes=64)


def autoencoder():
    layers = [layer for units in (1000, 500, 250, 30, 250, 500, 1000)
              for layer in (dense(units), RELU)]
    return net((784,), 128, layers + [dense(784), SIGMOID], ADAM, "pixels")


def vgg16():
    layers = []
    for filters, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        layers += [conv(filters, 3, "same"), RELU] * depth + [POOL]
    layers += [FLATTEN, dense(4096), RELU, dense(4096), RELU, dense(1000)]
    return net((224, 224, 3), 1, layers, loss=None)


def residual_net():
    def block(filters, stride=1):
        body = [conv(filters, 3, "same", stride), BATCHNORM, RELU, conv(filters, 3, "same"),
                BATCHNORM]
        return [residual(body, [conv(filters, 1, "same", stride)] if stride > 1 else []), RELU]
    return net((32, 32, 3), 64, [
        conv(16, 3, "same"), BATCHNORM, RELU, *block(16), *block(32, 2), *block(64, 2),
        AVERAGE, dense(10)], MOMENTUM)


def fine_tuned():
    base = []
    for filters in (32, 64, 128):
        base += [conv(filters, 3, "same"), RELU, conv(filters, 3, "same"), RELU, POOL]
    return net((64, 64, 3), 32, [
        frozen(base), FLATTEN, dense(256), RELU, dropout(0.5), dense(10)], ADAM)


WORKLOADS = {
    "softmax": net((784,), 32, [dense(10)], SGD),
    "mlp": perceptron(128),
    "lenet": net((28, 28, 1), 128, [
        conv(4, 5, l2=1e-4), RELU, POOL, conv(12, 5, l2=1e-4), RELU, POOL, FLATTEN,
        dense(300), RELU, dense(10)], ADADELTA),
    "lenet5": lenet5(128),
    "cnn": net((28, 28, 1), 128, [
        *(layer for filters in (32, 60, 128) for layer in
          (conv(filters, 5, "same"), RELU, BATCHNORM, dropout(0.25), POOL)),
        FLATTEN, dense(100), RELU, dropout(0.5), dense(10)], ADADELTA),
    "autoenc": autoencoder(),
    "lstm": sequence("lstm"),
    "vgg1": vgg16(),
    "predict1": lenet5(1, optimizer=None, loss=None),
    "more-gru": sequence("gru"),
    "more-rnn": sequence("rnn"),
    "more-wide": net((784,), 128, [
        *(layer for _ in range(3) for layer in (dense(1024), RELU, dropout(0.5))), dense(10)],
        MOMENTUM),
    "more-residual": residual_net(),
    "more-finetune": fine_tuned(),
    "more-mlp-8": perceptron(8),
    "more-mlp-1024": perceptron(1024),
    "more-lenet5-16": lenet5(16),
    "more-lenet5-1024": lenet5(1024),
}
