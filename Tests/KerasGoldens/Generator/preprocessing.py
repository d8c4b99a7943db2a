"""Preprocessing layers: what they do at inference, and in training where nothing is left to chance."""

import numpy as np

from core import normal
from harness import generator
from windows import family_of


def numbers(add):
    rng = generator("numbers")
    x, image = normal("numbers", 4, 3), rng.uniform(0, 255, size=(2, 4, 5, 3))
    for scale, offset in ((1 / 255, 0.0), (1 / 127.5, -1.0), (2.0, 0.5), (-0.5, 0.0)):
        config = {"scale": scale, **({"offset": offset} if offset else {})}
        add("Rescaling", config, image, gradients=True)
    add("Rescaling", {"scale": [0.5, 1.0, 2.0], "offset": [1.0, 0.0, -1.0]}, x, gradients=True)
    add("Rescaling", {"scale": 0.1}, rng.integers(255, size=(2, 3)), training=True)
    name = "Normalization"
    add(name, {"mean": 3.0, "variance": 2.0}, x)
    add(name, {"mean": [1.0, 2.0, 3.0], "variance": [0.5, 1.0, 4.0]}, x)
    add(name, {"mean": 3.0, "variance": 0.0}, x)
    add(name, {"mean": [1.0, 2.0, 3.0], "variance": [0.5, 1.0, 4.0], "invert": True}, x)
    add(name, {"axis": None, "mean": 3.0, "variance": 2.0}, x)
    data = rng.normal(size=(20, 3)) * [1, 5, 0.1] + [0, 10, -1]
    add(name, {}, x, adapt=data)
    add(name, {"invert": True}, x, adapt=data)
    add(name, {"axis": None}, x, adapt=data)
    add(name, {"axis": [1, 2]}, normal("numbers", 2, 3, 4), adapt=rng.normal(size=(5, 3, 4)))
    add(name, {"axis": 1}, normal("numbers", 2, 3, 4), adapt=rng.normal(size=(5, 3, 4)))


def categories(add):
    rng = generator("categories")
    name = "CategoryEncoding"
    ids, one = rng.integers(5, size=(3, 4)), rng.integers(5, size=(3, 1))
    for mode in ("multi_hot", "count"):
        config = {"num_tokens": 5} if mode == "multi_hot" else {"num_tokens": 5, "output_mode": mode}
        add(name, config, ids)
        add(name, config, one)
        add(name, config, ids[:, 0])
    add(name, {"num_tokens": 5, "output_mode": "one_hot"}, one)
    add(name, {"num_tokens": 5, "output_mode": "one_hot"}, ids[:, 0])
    add(name, {"num_tokens": 5, "output_mode": "one_hot"}, ids)
    add(name, {"num_tokens": 6, "output_mode": "count"}, ids,
        tensors={"count_weights": rng.uniform(size=ids.shape)})  # fmt: skip
    name, bins = "Discretization", [-1.0, 0.0, 0.5, 2.0]
    x = normal("bins", 3, 4, scale=1.5)
    x[0] = [-1.0, 0.0, 2.0, 0.5]
    add(name, {"bin_boundaries": bins}, x)
    add(name, {"bin_boundaries": [0.25]}, x)
    add(name, {"bin_boundaries": bins, "output_mode": "one_hot"}, x[:, :1])
    add(name, {"bin_boundaries": bins, "output_mode": "multi_hot"}, x)
    add(name, {"bin_boundaries": bins, "output_mode": "count"}, x)
    add(name, {"bin_boundaries": bins, "output_mode": "one_hot"}, x[:, 1])


def pictures(add):
    rng = generator("pictures")
    x = rng.uniform(0, 255, size=(2, 5, 4, 2))
    single = x[0]
    name = "Resizing"
    for config in ({"height": 3, "width": 6}, {"height": 10, "width": 8}, {"height": 2, "width": 2},
                   {"height": 5, "width": 4}, {"height": 7, "width": 3}):  # fmt: skip
        add(name, config, x)
        add(name, {**config, "interpolation": "nearest"}, x)
    add(name, {"height": 7, "width": 6, "interpolation": "bicubic"}, x)
    add(name, {"height": 3, "width": 3, "crop_to_aspect_ratio": True}, x)
    add(name, {"height": 4, "width": 6, "crop_to_aspect_ratio": True}, x)
    add(name, {"height": 3, "width": 3, "pad_to_aspect_ratio": True}, x)
    add(name, {"height": 6, "width": 8, "pad_to_aspect_ratio": True, "fill_value": 7.0}, x)
    add(name, {"height": 3, "width": 6}, single)
    add(name, {"height": 2, "width": 3, "antialias": True}, x)
    name = "CenterCrop"
    for height, width in ((3, 2), (2, 3), (5, 4), (4, 4), (7, 3), (8, 8), (1, 1)):
        add(name, {"height": height, "width": width}, x, training=height == 2)
    add(name, {"height": 3, "width": 2}, single)


def augmentation(add):
    rng = generator("augmentation")
    x = rng.uniform(0, 255, size=(2, 5, 4, 2))
    unit = x / 255
    square = rng.uniform(0, 255, size=(1, 5, 5, 1))
    names = {"RandomFlip": {}, "RandomRotation": {"factor": 0.2},
             "RandomZoom": {"height_factor": 0.2},
             "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.3},
             "RandomContrast": {"factor": 0.3}, "RandomBrightness": {"factor": 0.3}}  # fmt: skip
    for name, config in names.items():
        for inputs in (x, unit, square):
            add(name, config, inputs)
            add(name, {**config, "seed": 4}, inputs[:1])
    for height, width in ((3, 2), (2, 3), (5, 4), (4, 4), (1, 1), (7, 6)):
        add("RandomCrop", {"height": height, "width": width}, x)
    add("RandomCrop", {"height": 5, "width": 4}, x, training=True)

    # A range of one point leaves nothing to chance.
    def sure(name, config, inputs=x):
        add(name, config, inputs, training=True)

    for mode in ("constant", "reflect", "wrap", "nearest"):
        fill = {} if mode == "reflect" else {"fill_mode": mode}
        sure("RandomRotation", {"factor": [0.1, 0.1], **fill})
        sure("RandomZoom", {"height_factor": [0.3, 0.3], **fill})
        sure("RandomZoom", {"height_factor": [0.3, 0.3], "width_factor": [-0.2, -0.2], **fill})
        sure("RandomTranslation", {"height_factor": [0.3, 0.3], "width_factor": [-0.2, -0.2], **fill})
    sure("RandomRotation", {"factor": [0.25, 0.25]}, square)
    sure("RandomRotation", {"factor": [-0.07, -0.07], "interpolation": "nearest"})
    sure("RandomRotation", {"factor": [0.1, 0.1], "fill_mode": "constant", "fill_value": 9.0})
    sure("RandomZoom", {"height_factor": [-0.4, -0.4], "interpolation": "nearest"})
    sure("RandomTranslation", {"height_factor": [0.4, 0.4], "width_factor": [0.25, 0.25],
                               "fill_mode": "constant"})  # fmt: skip
    sure("RandomTranslation", {"height_factor": [0.15, 0.15], "width_factor": [0.1, 0.1],
                               "interpolation": "nearest"})  # fmt: skip
    for f in (0.3, -0.4):
        sure("RandomBrightness", {"factor": [f, f]})
        sure("RandomBrightness", {"factor": [f, f], "value_range": [0.0, 1.0]}, unit)


def without_gradients(part):
    def added(add):
        def plain(class_name, config, inputs, gradients=False, **options):
            add(class_name, config, inputs, gradients=gradients, **options)

        part(plain)

    return added


preprocessing = family_of(
    "preprocessing", *map(without_gradients, (numbers, categories, pictures, augmentation))
)
