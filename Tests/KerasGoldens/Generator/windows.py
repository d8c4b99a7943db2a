"""Convolutions, pooling, padding, cropping and upsampling."""

from core import normal
from harness import Family
from layercases import layer_case


def sized(rank, *sizes):
    """A batch of 2 of a picture of one, two or three dimensions."""
    return normal("window", 2, *sizes[:rank], sizes[-1])


def family_of(name, *parts):
    def write():
        family = Family(name)

        def add(class_name, config, inputs, **options):
            layer_case(family, class_name, config, inputs, **options)

        for part in parts:
            part(add)
        family.write()

    return write


def plain(add):
    for rank in (1, 2, 3):
        name, k = f"Conv{rank}D", 3 if rank < 3 else 2
        x = sized(rank, *((7, 6, 5) if rank < 3 else (5, 4, 4)), 2)
        base = {"filters": 3, "kernel_size": [k] * rank}
        uneven = [3, 2, 1][:rank]
        add(name, base, x)
        add(name, {**base, "padding": "same"}, x)
        add(name, {**base, "strides": [2] * rank}, x)
        add(name, {**base, "strides": [2] * rank, "padding": "same"}, x)
        add(name, {**base, "dilation_rate": [2] * rank}, x)
        add(name, {**base, "dilation_rate": [2] * rank, "padding": "same"}, x)
        add(name, {**base, "kernel_size": uneven, "padding": "same", "use_bias": False}, x)
        add(name, {**base, "filters": 4, "groups": 2, "activation": "relu"}, x)
        add(name, {**base, "kernel_size": [1] * rank}, x)
        add(name, {**base, "activation": "tanh", "padding": "same"}, x, training=True)
    x1, x2 = sized(1, 8, 2), sized(2, 7, 6, 3)
    base = {"filters": 3, "kernel_size": 3, "padding": "causal"}
    add("Conv1D", base, x1)
    add("Conv1D", {**base, "dilation_rate": 2}, x1)
    add("Conv1D", {**base, "strides": 2}, x1)
    add("Conv1D", {**base, "kernel_size": 4, "activation": "sigmoid"}, x1)
    add("Conv2D", {"filters": 2, "kernel_size": [3, 2], "strides": [1, 2]}, x2)
    add("Conv2D", {"filters": 2, "kernel_size": [4, 4], "strides": [3, 3], "padding": "same"}, x2)
    add("Conv2D", {"filters": 2, "kernel_size": [2, 3], "dilation_rate": [1, 2]}, x2)
    add("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3, "padding": "same"}, x2)
    add("Conv2D", {"filters": 2, "kernel_size": 5, "padding": "same"}, sized(2, 3, 3, 1))
    add("Conv2D", {"filters": 2, "kernel_size": 3, "kernel_regularizer":
        {"class_name": "L2", "config": {"l2": 0.01}}, "activity_regularizer":
        {"class_name": "L1", "config": {"l1": 0.01}}}, x2, training=True)  # fmt: skip


def transposed(add):
    for rank in (1, 2, 3):
        name = f"Conv{rank}DTranspose"
        x = sized(rank, *((4, 3, 3) if rank < 3 else (3, 2, 2)), 2)
        k = 3 if rank < 3 else 2
        base = {"filters": 3, "kernel_size": [k] * rank}
        add(name, base, x)
        add(name, {**base, "padding": "same"}, x)
        add(name, {**base, "strides": [2] * rank}, x)
        add(name, {**base, "strides": [2] * rank, "padding": "same"}, x)
        add(name, {**base, "strides": [3] * rank, "use_bias": False}, x)
        add(name, {**base, "strides": [2] * rank, "padding": "same", "output_padding": [1] * rank}, x)
        add(name, {**base, "strides": [2] * rank, "output_padding": [1] * rank}, x)
        add(name, {**base, "activation": "relu"}, x, training=True)
    x = sized(2, 4, 3, 2)
    add("Conv2DTranspose", {"filters": 2, "kernel_size": [4, 2], "strides": [2, 1]}, x)
    add("Conv2DTranspose", {"filters": 2, "kernel_size": 2, "strides": 3, "padding": "same"}, x)
    add("Conv2DTranspose", {"filters": 2, "kernel_size": 1}, x)
    add("Conv2DTranspose", {"filters": 2, "kernel_size": 5, "strides": 2, "padding": "same",
        "output_padding": 0}, x)  # fmt: skip
    add("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "dilation_rate": 2}, x)
    add("Conv1DTranspose", {"filters": 2, "kernel_size": 3, "dilation_rate": 2}, sized(1, 4, 2))


def separated(add):
    for rank in (1, 2):
        x = sized(rank, 7, 6, 2)
        name, base = f"DepthwiseConv{rank}D", {"kernel_size": [3] * rank}
        add(name, base, x)
        add(name, {**base, "padding": "same"}, x)
        add(name, {**base, "depth_multiplier": 2}, x)
        add(name, {**base, "strides": [2] * rank, "padding": "same", "depth_multiplier": 3}, x)
        add(name, {**base, "dilation_rate": [2] * rank}, x)
        add(name, {**base, "use_bias": False, "activation": "relu"}, x, training=True)
        name, base = f"SeparableConv{rank}D", {"filters": 3, "kernel_size": [3] * rank}
        add(name, base, x)
        add(name, {**base, "padding": "same"}, x)
        add(name, {**base, "depth_multiplier": 2}, x)
        add(name, {**base, "strides": [2] * rank, "padding": "same", "depth_multiplier": 2}, x)
        add(name, {**base, "dilation_rate": [2] * rank}, x)
        add(name, {**base, "use_bias": False, "activation": "tanh"}, x, training=True)


def pooling(add):
    for rank in (1, 2, 3):
        x = sized(rank, *((7, 5, 6) if rank < 3 else (5, 4, 3)), 2)
        for name in (f"MaxPooling{rank}D", f"AveragePooling{rank}D"):
            add(name, {"pool_size": 2}, x)
            add(name, {"pool_size": 2, "padding": "same"}, x)
            add(name, {"pool_size": [3] * rank}, x)
            add(name, {"pool_size": [3] * rank, "strides": [1] * rank}, x)
            add(name, {"pool_size": [3] * rank, "strides": [2] * rank, "padding": "same"}, x)
            add(name, {"pool_size": [3, 2, 1][:rank], "strides": [1, 2, 2][:rank]}, x, training=True)
            add(name, {"pool_size": [2] * rank, "strides": [3] * rank, "padding": "same"}, x)
        add(f"MaxPooling{rank}D", {}, x)
        small = sized(rank, 3, 2, 4, 3)
        for name in (f"GlobalMaxPooling{rank}D", f"GlobalAveragePooling{rank}D"):
            for pixels in (x, small, small[:1]):
                add(name, {}, pixels)
                add(name, {"keepdims": True}, pixels, training=pixels is small)
    mask = [[1, 1, 0, 1, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0]]
    add("GlobalAveragePooling1D", {}, sized(1, 7, 2), masks=[mask])
    add("GlobalAveragePooling1D", {"keepdims": True}, sized(1, 7, 3), masks=[mask])


def resized(add):
    for rank in (1, 2, 3):
        x = sized(rank, *((5, 4, 4) if rank < 3 else (4, 3, 3)), 2)
        pairs = [[1, 2], [0, 1], [2, 0]][:rank]
        whole = pairs[0] if rank == 1 else pairs
        for padding in (None, 2, [1, 0, 2][:rank] if rank > 1 else 1, whole):
            config = {} if padding is None else {"padding": padding}
            add(f"ZeroPadding{rank}D", config, x)
        add(f"ZeroPadding{rank}D", {"padding": 0}, x)
        add(f"ZeroPadding{rank}D", {"padding": whole}, x[:1], training=True)
        pairs = [[1, 2], [0, 1], [1, 0]][:rank]
        whole = pairs[0] if rank == 1 else pairs
        for cropping in (None, 1, [1, 0, 1][:rank] if rank > 1 else 2, whole, 0):
            config = {} if cropping is None else {"cropping": cropping}
            add(f"Cropping{rank}D", config, x)
        add(f"Cropping{rank}D", {"cropping": whole}, x[:1], training=True)
        for size in (None, 3, [2, 3, 1][:rank] if rank > 1 else 4, 1):
            config = {} if size is None else {"size": size}
            add(f"UpSampling{rank}D", config, x)
        add(f"UpSampling{rank}D", {"size": 2}, x[:1], training=True)
        add(f"UpSampling{rank}D", {"size": [2, 1, 2][:rank] if rank > 1 else 5}, x)
    x = sized(2, 4, 3, 2)
    for interpolation in ("bilinear", "bicubic"):
        for size in (2, [3, 2]):
            add("UpSampling2D", {"size": size, "interpolation": interpolation}, x)


convolution = family_of("convolution", plain, transposed, separated)
pools = family_of("pooling", pooling)
shapes = family_of("resizing", resized)
