"""A case of a layer: forward, and gradients in inputs, states and weights."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src import backend, tree

from harness import f32, generator

NESTED = ("layer", "backward_layer", "cell")


def make(class_name, config):
    """The layer of a configuration; nested layers are made first."""
    made = dict(config)
    for key in NESTED:
        if isinstance(made.get(key), dict):
            made[key] = make(made[key]["class_name"], made[key]["config"])
    for key in ("cells", "cell"):
        if isinstance(made.get(key), list):
            made[key] = [make(part["class_name"], part["config"]) for part in made[key]]
    return getattr(keras.layers, class_name)(**made)


def first_value(rng, name, shape):
    """Values that no default gives, so that a weight in the wrong place shows."""
    if "variance" in name:
        return rng.uniform(0.5, 1.5, size=shape)
    if name.endswith(("gamma", "scale")):
        return 1 + 0.3 * rng.normal(size=shape)
    if "vector_u" in name:
        u = rng.normal(size=shape)
        return u / np.linalg.norm(u)
    return 0.5 * rng.normal(size=shape)


def is_float(array):
    return np.asarray(array).dtype.kind == "f"


def own_weights(layer):
    """The weights in Keras' order; a stateful layer's states are none."""
    states = {id(v) for v in tree.flatten(getattr(layer, "states", None) or [])}
    return [v for v in layer.weights if id(v) not in states]


def short_name(variable, layer):
    return variable.path.removeprefix(layer.name + "/")


def layer_case(
    family,
    class_name,
    config,
    inputs,
    *,
    training=False,
    arguments="list",
    keywords=None,
    tensors=None,
    states=None,
    nest=None,
    masks=None,
    adapt=None,
    gradients=True,
    change=None,
    **options,
):
    """Adds a case.

    inputs: one array, or a list of them; `arguments` says whether the layer takes them as one
      list or one by one.
    keywords: further arguments that are no tensors; tensors: those that are.
    states: the initial state, passed as `initial_state`, or to a cell as its second argument;
      nest: how many of them each cell of a stack has.
    masks: one mask for each input, or None.
    change: what a case does to the values of the weights.
    """
    several = isinstance(inputs, list)
    xs = [np.asarray(x) for x in (inputs if several else [inputs])]
    case = family.next_name(class_name)
    rng = generator(f"{family.name} {class_name} {config} {case}")
    arrays = {}
    for index, x in enumerate(xs):
        arrays[f"x{index}"] = f32(x) if is_float(x) else x.astype(np.int32)
    for index, s in enumerate(states or []):
        arrays[f"s{index}"] = f32(s)
    for index, m in enumerate(masks or []):
        if m is not None:
            arrays[f"m{index}"] = np.asarray(m, bool)
    for key, value in (tensors or {}).items():
        value = np.asarray(value)
        arrays[key] = f32(value) if is_float(value) else value
    if adapt is not None:
        arrays["adapt"] = f32(adapt)

    def call_values(a):
        return ([a[f"x{i}"] for i in range(len(xs))], [a[f"s{i}"] for i in range(len(states or []))])

    def built(a):
        keras.utils.clear_session()
        layer = make(class_name, config)
        if adapt is not None:
            layer.adapt(a["adapt"])
        invoke(layer, None, *call_values(a), a)
        return layer

    def invoke(layer, variables, xs, ss, a, training=False):
        xs = [jnp.asarray(x) for x in xs]
        kwargs = dict(keywords or {})
        kwargs.update({key: jnp.asarray(a[key]) for key in tensors or {}})
        given = [jnp.asarray(a[f"m{i}"]) if m is not None else None
                 for i, m in enumerate(masks or [])]  # fmt: skip
        if states and class_name.endswith(("Cell", "Cells")):
            flat = iter([jnp.asarray(s) for s in ss])
            kwargs["states"] = [[next(flat) for _ in range(n)] for n in nest] if nest else list(flat)
        elif states:
            kwargs["initial_state"] = [jnp.asarray(s) for s in ss]
            if given:
                kwargs["mask"] = given[0]
        else:
            for x, m in zip(xs, given):
                if m is not None:
                    backend.set_keras_mask(x, m)
        if "training" in layer._call_signature.parameters:
            kwargs["training"] = training
        positional = xs if several and arguments == "separate" else [xs if several else xs[0]]
        if variables is None:
            return layer(*positional, **kwargs)
        # stateless_call would pass by what a call does around `call`: masks and activity losses.
        values = [*zip(layer.trainable_variables, variables[0]),
                  *zip(layer.non_trainable_variables, variables[1])]  # fmt: skip
        with keras.StatelessScope(state_mapping=values, collect_losses=True) as scope:
            out = layer(*positional, **kwargs)
            losses = layer.losses
        after = [scope.get_current_value(v) for v in layer.non_trainable_variables]
        after = [v.value if a is None else a for v, a in zip(layer.non_trainable_variables, after)]
        return out, after, losses

    # The weights' values and cotangents come from a first look in float32.
    probe = built(arrays)
    variables = own_weights(probe)
    weights = []
    for index, v in enumerate(variables):
        name = short_name(v, probe)
        value = np.asarray(v.value)
        if adapt is None and value.dtype.kind == "f" and class_name != "Normalization":
            value = f32(first_value(rng, name, v.shape))
            value = f32(change(name, value)) if change else value
        arrays[f"w{index}"] = value
        entry = {"name": name, "tensor": f"w{index}"}
        if not v.trainable:
            entry["trainable"] = False
        weights.append(entry)
    flat = [np.asarray(y) for y in tree.flatten(invoke(probe, None, *call_values(arrays), arrays))]
    for index, y in enumerate(flat):
        if is_float(y):
            arrays[f"c{index}"] = f32(rng.normal(size=y.shape))
    differentiable = gradients and all(is_float(y) for y in flat)

    def run(a):
        layer = built(a)
        for index, v in enumerate(own_weights(layer)):
            v.assign(a[f"w{index}"])
        tv = [v.value for v in layer.trainable_variables]
        ntv = [v.value for v in layer.non_trainable_variables]
        xs0, ss0 = call_values(a)

        def total(tv, xs, ss):
            everything = iter(xs)
            full = [next(everything) if is_float(x) else x for x in xs0]
            out, ntv_after, losses = invoke(layer, (tv, ntv), full, ss, a, training)
            flat = tree.flatten(out)
            found = [backend.get_keras_mask(y) for y in flat]
            value = sum(jnp.sum(y * a[f"c{i}"]) for i, y in enumerate(flat) if f"c{i}" in a)
            return value, (flat, ntv_after, losses, [m for m in found if m is not None])

        floats = [jnp.asarray(x) for x in xs0 if is_float(x)]
        ss = [jnp.asarray(s) for s in ss0]
        if differentiable:
            pull = jax.jit(jax.value_and_grad(total, argnums=(0, 1, 2), has_aux=True))
            (_, aux), (dw, dx, ds) = pull(tv, floats, ss)
        else:
            _, aux = total(tv, floats, ss)
        ys, ntv_after, losses, found = aux
        result = {"outputs": ys}
        if differentiable:
            result["input_gradients"] = dx
            result["weight_gradients"] = dw
            if states:
                result["state_gradients"] = ds
        seeds = [v.path for v in layer.non_trainable_variables]
        mine = {v.path for v in own_weights(layer)}
        after = [v for path, v in zip(seeds, ntv_after) if path in mine]
        if training and after:
            result["weights_after"] = after
        if losses:
            result["losses"] = [sum(losses)]
        if found:
            result["output_masks"] = found
        return {key: value for key, value in result.items() if len(value) > 0}

    fields = {"training": training, "inputs": [f"x{i}" for i in range(len(xs))]}
    if several:
        fields["arguments"] = arguments
    fields["weights"] = weights
    if keywords:
        fields["keywords"] = keywords
    if tensors:
        fields["named_tensors"] = list(tensors)
    if states:
        fields["states"] = [f"s{i}" for i in range(len(states))]
    if masks:
        fields["masks"] = [None if m is None else f"m{i}" for i, m in enumerate(masks)]
    if adapt is not None:
        fields["adapt"] = "adapt"
    if differentiable:
        fields["cotangents"] = [f"c{i}" for i in range(len(flat))]
    else:
        for i in range(len(flat)):
            arrays.pop(f"c{i}", None)
    family.case("layer", class_name, config, arrays, run, name=case, **fields, **options)
