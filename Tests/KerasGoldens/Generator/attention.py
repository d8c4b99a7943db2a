"""Attention, and layers that merge several inputs."""

import numpy as np

from core import normal
from harness import generator
from windows import family_of

CAUSAL = {"use_causal_mask": True}


def attention(add):
    q, v, k = normal("q", 2, 3, 4), normal("v", 2, 5, 4), normal("k", 2, 5, 4)
    q_mask, v_mask = [[1, 1, 0], [1, 0, 1]], [[1, 1, 1, 0, 0], [0, 1, 1, 1, 1]]
    plain = add

    def add(name, config, inputs, **options):
        # The gradient of one scale for all scores is a sum that cancels to almost nothing.
        one_scale = config.get("use_scale") or config.get("score_mode") == "concat"
        plain(name, config, inputs, **options, **({"floor": 0.5} if one_scale else {}))

    for name, configs in (
        ("Attention", [{}, {"use_scale": True}, {"score_mode": "concat"},
                       {"score_mode": "concat", "use_scale": True}, {"dropout": 0.5}]),
        ("AdditiveAttention", [{}, {"use_scale": False}, {"dropout": 0.5}]),
    ):  # fmt: skip
        for config in configs:
            add(name, config, [q, v])
            add(name, config, [q, v, k])
        add(name, {}, [q, v], masks=[None, v_mask])
        add(name, {}, [q, v], masks=[q_mask, v_mask])
        add(name, {}, [q, v, k], masks=[None, v_mask, None])
        add(name, configs[1], [q, q], keywords=CAUSAL)
        add(name, {}, [q, v], keywords=CAUSAL)
        add(name, {}, [q, q], keywords=CAUSAL, masks=[None, q_mask])
        add(name, configs[1], [q, v], keywords={"return_attention_scores": True})
        add(name, {}, [q, v, k], training=True)


def heads(add):
    q, v, k = normal("q", 2, 3, 4), normal("v", 2, 5, 4), normal("k", 2, 5, 4)
    q_mask, v_mask = [[1, 1, 0], [1, 0, 1]], [[1, 1, 1, 0, 0], [0, 1, 1, 1, 1]]
    allowed = generator("allowed").uniform(size=(2, 3, 5)) < 0.6
    allowed[:, :, 0] = True

    def one(config, inputs, **options):
        # A bias of the keys moves all scores alike: its gradient is all rounding.
        add(name, config, inputs, arguments="separate", floor=0.5, **options)

    name, base = "MultiHeadAttention", {"num_heads": 2, "key_dim": 3}
    one(base, [q, v])
    one(base, [q, v, k])
    one(base, [q, q])
    # Keras' other path fails on JAX where keys and values differ in width.
    one({**base, "value_dim": 2}, [q, v], keywords={"return_attention_scores": True})
    one({**base, "use_bias": False}, [q, v, k])
    one({**base, "output_shape": 6}, [q, v])
    one({**base, "num_heads": 1}, [q, v])
    one({**base, "dropout": 0.5}, [q, v])
    one(base, [q, v], training=True)
    one(base, [q, q], keywords=CAUSAL)
    one(base, [q, v], keywords={"return_attention_scores": True})
    one(base, [q, v], tensors={"attention_mask": allowed})
    one(base, [q, v], masks=[None, v_mask])
    one(base, [q, v], masks=[q_mask, v_mask])
    one(base, [q, v, k], masks=[None, None, v_mask])
    one(base, [q, q], keywords=CAUSAL, masks=[q_mask, q_mask])
    one({**base, "use_gate": True}, [q, v])
    image = normal("image", 2, 2, 3, 4)
    one(base, [image, image])
    one({**base, "attention_axes": [1, 2]}, [image, image])
    one({**base, "attention_axes": [2]}, [image, image])
    one({**base, "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.1}}}, [q, v],
        training=True)  # fmt: skip
    name, base = "GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
    one(base, [q, v])
    one(base, [q, v, k])
    one({**base, "use_bias": False}, [q, q], keywords=CAUSAL)
    one({**base, "num_key_value_heads": 1}, [q, v])
    one({**base, "num_key_value_heads": 4}, [q, v], tensors={"attention_mask": allowed})
    one(base, [q, v], masks=[None, v_mask])
    one(base, [q, v], keywords={"return_attention_scores": True})


def merging(add):
    a, b, c = (normal(f"merge{i}", 2, 3, 4) for i in range(3))
    row, column = normal("row", 2, 1, 4), normal("column", 2, 3, 1)
    flat = normal("flat", 2, 4)
    masks = [[1, 1, 0], [0, 1, 0]], [[1, 0, 0], [1, 1, 0]]
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        add(name, {}, [a, b])
        add(name, {}, [flat, flat * 0.5 + 0.1])
        add(name, {}, [a, row])
        add(name, {}, [column, row], training=True)
        add(name, {}, [a, flat])
        add(name, {}, [a, b], masks=list(masks))
        add(name, {}, [a, b], masks=[masks[0], None])
        if name != "Subtract":
            add(name, {}, [a, b, c])
            add(name, {}, [a, row, flat])
    name, image = "Concatenate", normal("image", 2, 2, 3, 2)
    add(name, {}, [a, b])
    add(name, {}, [a, b, c])
    add(name, {}, [a, column])
    add(name, {"axis": 1}, [a, row])
    add(name, {"axis": -2}, [row, b])
    add(name, {"axis": 2}, [image, image[:, :, :1]])
    add(name, {"axis": 1}, [flat, flat[:, :1]], training=True)
    add(name, {"axis": 1}, [a, b], masks=list(masks))
    add(name, {}, [a, b], masks=list(masks))
    add(name, {"axis": 1}, [a, b], masks=[masks[0], None])
    name, wide = "Dot", normal("wide", 2, 4, 5)
    add(name, {"axes": 1}, [flat, flat + 1])
    add(name, {"axes": 1, "normalize": True}, [flat, flat + 1])
    add(name, {"axes": 2}, [a, b])
    add(name, {"axes": [2, 1]}, [a, wide])
    add(name, {"axes": [1, 2]}, [wide, a])
    add(name, {"axes": 1}, [a, b])
    add(name, {"axes": -1, "normalize": True}, [a, b], training=True)
    add(name, {"axes": [2, 1]}, [a, flat])
    add(name, {"axes": [3, 1]}, [image, normal("vector", 2, 2)])


attentions = family_of("attention", attention, heads)
merges = family_of("merging", merging)
