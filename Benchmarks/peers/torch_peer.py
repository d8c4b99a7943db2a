"""The workloads in PyTorch: eager or compiled, either layout of images, with or without MKL's shim.

    pip install torch==2.13.0 numpy --index-url https://download.pytorch.org/whl/cpu \\
        --extra-index-url https://pypi.org/simple

On processors that are not Intel's, MKL takes slower kernels unless a function of its own says
otherwise. With `--shim` this script compiles that function and starts again with it preloaded.
"""
import os
import subprocess
import sys
import tempfile


def preload_shim():
    source = "int mkl_serv_intel_cpu_true(void) { return 1; }"
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "shim.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library],
                       input=source.encode(), check=True)
        arguments = [argument for argument in sys.argv if argument != "--shim"]
        environment = dict(os.environ, LD_PRELOAD=library, PEER_SHIM="1")
        sys.exit(subprocess.run([sys.executable, *arguments], env=environment).returncode)


if "--shim" in sys.argv:
    preload_shim()

import peer
import torch
import torch.nn as nn
import torch.nn.functional as F
from workloads import WORKLOADS

torch.set_num_threads(peer.options.threads)


class Sequence(nn.Module):
    """A recurrent layer that gives its output at every step."""

    def __init__(self, kind, inputs, units):
        super().__init__()
        make = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[kind]
        self.layer = make(inputs, units, batch_first=True)
        if kind != "gru":  # Keras has one bias here.
            self.layer.bias_hh_l0.requires_grad_(False).zero_()

    def forward(self, x):
        return self.layer(x)[0]


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Frozen(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body.requires_grad_(False)

    def forward(self, x):
        with torch.no_grad():
            return self.body(x)


class Average(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def build(layers, shape, decayed):
    """The layers as a module, and the shape of its result; shapes have their channels first.

    Appends weights with L2 to `decayed` with their decay."""
    modules = []
    for kind, *numbers in layers:
        if kind == "dense":
            modules.append(nn.Linear(shape[-1], numbers[0]))
            shape = (*shape[:-1], numbers[0])
        elif kind == "conv":
            filters, size, padding, stride, l2 = numbers
            edge = size // 2 if padding == "same" else 0
            modules.append(nn.Conv2d(shape[0], filters, size, stride, edge))
            if l2:
                decayed.append((modules[-1].weight, 2 * l2))
            shape = (filters, *((n + 2 * edge - size) // stride + 1 for n in shape[1:]))
        elif kind == "batchnorm":
            modules.append(nn.BatchNorm2d(shape[0], eps=1e-3, momentum=0.01))
        elif kind == "pool":
            modules.append(nn.MaxPool2d(2))
            shape = (shape[0], shape[1] // 2, shape[2] // 2)
        elif kind == "average":
            modules.append(Average())
            shape = shape[:1]
        elif kind == "flatten":
            modules.append(nn.Flatten())
            shape = (shape[0] * shape[1] * shape[2],)
        elif kind == "dropout":
            modules.append(nn.Dropout(numbers[0]))
        elif kind == "relu":
            modules.append(nn.ReLU())
        elif kind in ("lstm", "gru", "rnn"):
            modules.append(Sequence(kind, shape[-1], numbers[0]))
            shape = (shape[0], numbers[0])
        elif kind == "residual":
            body, after = build(numbers[0], shape, decayed)
            shortcut, _ = build(numbers[1], shape, decayed)
            modules.append(Residual(body, shortcut))
            shape = after
        elif kind == "frozen":
            body, shape = build(numbers[0], shape, decayed)
            modules.append(Frozen(body))
    return nn.Sequential(*modules), shape


def make_optimizer(spec, net, decayed):
    kind, options = spec
    groups = [dict(params=[weight], weight_decay=decay) for weight, decay in decayed]
    rest = [p for p in net.parameters() if p.requires_grad
            and not any(p is weight for weight, _ in decayed)]
    groups.append(dict(params=rest))
    if kind == "adam":
        return torch.optim.Adam(groups, options["rate"], (options["beta1"], options["beta2"]),
                                options["epsilon"], fused=True)
    if kind == "adadelta":
        return torch.optim.Adadelta(groups, options["rate"], options["rho"], options["epsilon"])
    return torch.optim.SGD(groups, options["rate"], options["momentum"], fused=True)


def forms(work):
    has_images = len(WORKLOADS[work]["shape"]) == 3
    return ["plain", "compiled"] + has_images * ["channels-last", "compiled-channels-last"]


def prepare(work, form):
    spec = WORKLOADS[work]
    torch.manual_seed(1)
    torch._dynamo.reset()
    *pixels, channels = spec["shape"]
    has_images = len(pixels) == 2
    shape = (channels, *pixels) if has_images else spec["shape"]
    decayed = []
    # The last activation of the autoencoder is part of its loss.
    layers = [layer for layer in spec["layers"] if layer[0] != "sigmoid"]
    net, _ = build(layers, shape, decayed)
    x = torch.rand(spec["batch"], *shape)
    if form.endswith("channels-last"):
        net, x = net.to(memory_format=torch.channels_last), x.to(
            memory_format=torch.channels_last)
    count = sum(p.numel() for p in net.parameters() if p.requires_grad)
    compiled = form.startswith("compiled")

    if not spec["loss"]:
        count = sum(p.numel() for p in net.parameters())
        net.eval()
        # Compiled for inference, weights are constants and are reordered once.
        torch._inductor.config.freezing = True
        predict = torch.compile(net) if compiled else net

        def step():
            with torch.no_grad():
                return F.softmax(predict(x), -1)
        return count, peer.timed(step)

    net.train()
    if spec["loss"] == "pixels":
        target = x

        def loss_of(x, y):
            return F.binary_cross_entropy_with_logits(net(x), y)
    else:
        outputs = (spec["batch"], *spec["shape"][:-1]) if len(shape) == 2 else (spec["batch"],)
        target = torch.randint(spec["classes"], outputs)
        if len(shape) == 2:
            x = F.one_hot(torch.randint(shape[-1], outputs), shape[-1]).float()

        def loss_of(x, y):
            return F.cross_entropy(net(x).flatten(0, -2), y.flatten())

    optimizer = make_optimizer(spec["optimizer"], net, decayed)
    torch._inductor.config.freezing = False
    loss = torch.compile(loss_of) if compiled else loss_of

    def step():
        optimizer.zero_grad()
        loss(x, target).backward()
        optimizer.step()
    return count, peer.timed(step)


if __name__ == "__main__":
    shim = ", MKL shim" if os.environ.get("PEER_SHIM") else ""
    peer.main("torch" + ("-shim" if shim else ""), f"PyTorch {torch.__version__}{shim}",
              forms, prepare)
