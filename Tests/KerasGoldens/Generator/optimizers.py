"""Optimizers over 100 steps with given gradients, and the schedules of learning rates."""

import jax
import jax.numpy as jnp
import keras
import numpy as np

from harness import Family, f32, generator

STEPS = [1, 2, 10, 50, 100]
SHAPES = {"kernel": (4, 3), "bias": (3,), "table": (2, 2, 2)}


def gradient_streams():
    """Gradients that drift, and gradients that are mostly zero with spikes."""
    streams = {}
    for name, shape in SHAPES.items():
        rng = generator("gradients" + name)
        time = np.arange(100).reshape((100,) + (1,) * len(shape))
        drift = rng.normal(size=shape) * 0.5 * np.cos(time * rng.uniform(0.01, 0.1, size=shape))
        streams["drift", name] = f32(drift + rng.normal(size=(100, *shape)) * 0.3)
        rare = rng.normal(size=(100, *shape)) * (rng.uniform(size=(100, *shape)) < 0.15)
        streams["rare", name] = f32(rare * np.where(rng.uniform(size=rare.shape) < 0.1, 20, 1))
    return streams


def decoded(config):
    """Nested objects of a configuration made, as Keras' constructors want them."""
    made = dict(config)
    rate = made.get("learning_rate")
    if isinstance(rate, dict):
        schedule = getattr(keras.optimizers.schedules, rate["class_name"])
        made["learning_rate"] = schedule(**rate["config"])
    return made


def case_maker(family):
    """What adds a case of an optimizer to a family."""
    streams = gradient_streams()
    starts = {name: f32(generator("start" + name).normal(size=s)) for name, s in SHAPES.items()}

    def add(class_name, config, stream="drift", constraint=None, excluded=None):
        arrays = {f"/start/{name}": value for name, value in starts.items()}
        arrays.update({f"/{stream}/{name}": streams[stream, name] for name in SHAPES})
        fields = {
            "variables": [{"name": n, "tensor": f"/start/{n}"} for n in SHAPES],
            "gradients": [f"/{stream}/{n}" for n in SHAPES],
            "steps": STEPS,
            "slot_names": [],
        }
        if constraint:
            fields["constraint"] = constraint
        if excluded:
            fields["excluded_from_weight_decay"] = excluded

        def run(a):
            optimizer = getattr(keras.optimizers, class_name)(**decoded(config))
            variables = [keras.Variable(a[f"/start/{n}"], name=n) for n in SHAPES]
            if constraint:
                variables[0].constraint = keras.constraints.get(constraint)
            if excluded:
                optimizer.exclude_from_weight_decay(var_names=excluded)
            optimizer.build(variables)
            recorded, rates = [], []
            advance = jax.jit(optimizer.stateless_apply)
            values = [v.value for v in variables]
            state = [v.value for v in optimizer.variables]
            for step in range(100):
                for v, value in zip(optimizer.variables, state):
                    v.assign(value)
                rates.append(np.asarray(optimizer._get_current_learning_rate()))
                gradients = [jnp.asarray(a[f"/{stream}/{n}"][step]) for n in SHAPES]
                values, state = advance(state, gradients, values)
                if step + 1 in STEPS:
                    recorded.append([np.asarray(v) for v in values])
            for v, value in zip(variables + optimizer.variables, values + state):
                v.assign(value)
            own = [v for v in optimizer.variables if v.name not in ("iteration", "learning_rate")]
            fields["slot_names"][:] = [v.name for v in own]
            result = {
                "outputs": recorded,
                # In the place of rows and columns of vectors Adafactor has an integer.
                "slots": [np.asarray(v.value, keras.config.floatx()) for v in own],
                "learning_rates": [np.stack([rates[s - 1] for s in STEPS])],
            }
            if config.get("use_ema"):
                optimizer.finalize_variable_values(variables)
                result["finalized"] = [np.asarray(v.value) for v in variables]
            return result

        # Nadam takes 1 − β₂ in float32, where .001 has an error of 1.2e-5.
        options = {"noisy": 1.5} if class_name == "Nadam" else {}
        family.case(
            "optimizer", class_name, config, arrays, run, floor=1e-3, **fields, **options
        )

    return add


DECAY = {"class_name": "ExponentialDecay",
         "config": {"initial_learning_rate": 0.05, "decay_steps": 20, "decay_rate": 0.7}}  # fmt: skip


def optimizers():
    family = Family("optimizers")
    add = case_maker(family)
    # A rate at which a hundred steps go somewhere, without leaving float32's reach.
    rates = {"SGD": 0.05, "Adam": 0.02, "AdamW": 0.02, "RMSprop": 0.01, "Adagrad": 0.1,
             "Adadelta": 1.0, "Adamax": 0.02, "Nadam": 0.02, "Ftrl": 0.1, "Lion": 0.01,
             "Lamb": 0.02}  # fmt: skip
    cosine = {"class_name": "CosineDecay",
              "config": {"initial_learning_rate": 0.0, "decay_steps": 80, "warmup_target": 0.05,
                         "warmup_steps": 10, "alpha": 0.1}}  # fmt: skip
    for name, rate in rates.items():
        own = {"learning_rate": rate}
        add(name, {})
        add(name, own)
        add(name, own, stream="rare")
        add(name, {**own, "weight_decay": 0.01})
        add(name, {**own, "clipnorm": 0.5})
        add(name, {**own, "clipvalue": 0.2})
        add(name, {**own, "global_clipnorm": 0.7})
        add(name, {**own, "use_ema": True, "ema_momentum": 0.9})
        add(name, {**own, "gradient_accumulation_steps": 4})
        add(name, {"learning_rate": DECAY})
    own = {"learning_rate": 0.05}
    add("SGD", {**own, "momentum": 0.9})
    add("SGD", {**own, "momentum": 0.9, "nesterov": True})
    add("SGD", {**own, "momentum": 0.5, "weight_decay": 0.02, "clipnorm": 1.0})
    add("SGD", {"learning_rate": cosine, "momentum": 0.9})
    add("SGD", own, constraint={"class_name": "NonNeg", "config": {}})
    add("SGD", {**own, "momentum": 0.9}, constraint={"class_name": "MaxNorm",
        "config": {"max_value": 0.75, "axis": 0}})  # fmt: skip
    add("SGD", {**own, "weight_decay": 0.05}, excluded=["bias"])
    add("SGD", {**own, "loss_scale_factor": 8.0})
    ema = {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 20}
    add("SGD", {**own, **ema})
    add("SGD", {**own, **ema, "gradient_accumulation_steps": 5})
    add("Adam", {"learning_rate": 0.02, "amsgrad": True})
    add("Adam", {"learning_rate": 0.02, "amsgrad": True}, stream="rare")
    add("Adam", {"learning_rate": 0.02, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3})
    add("Adam", {"learning_rate": cosine})
    add("Adam", {"learning_rate": 0.02, "weight_decay": 0.1}, excluded=["bias", "table"])
    add("Adam", {"learning_rate": 0.02, **ema})
    add("AdamW", {"learning_rate": 0.02, "amsgrad": True})
    add("AdamW", {"learning_rate": 0.02, "weight_decay": 0.1}, excluded=["bias"])
    for config in ({"momentum": 0.9}, {"centered": True}, {"centered": True, "momentum": 0.5},
                   {"rho": 0.5, "epsilon": 1e-4}):  # fmt: skip
        add("RMSprop", {"learning_rate": 0.01, **config})
    add("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-4})
    add("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-5})
    for name in ("Adamax", "Nadam", "Lamb"):
        add(name, {"learning_rate": 0.02, "beta_1": 0.6, "beta_2": 0.95, "epsilon": 1e-5})
    for config in ({"l1_regularization_strength": 0.05}, {"l2_regularization_strength": 0.1},
                   {"l2_shrinkage_regularization_strength": 0.05}, {"beta": 0.3},
                   {"learning_rate_power": -0.7, "initial_accumulator_value": 0.3},
                   {"l1_regularization_strength": 0.02, "l2_regularization_strength": 0.02,
                    "l2_shrinkage_regularization_strength": 0.02, "beta": 0.1}):  # fmt: skip
        add("Ftrl", {"learning_rate": 0.1, **config})
    add("Lion", {"learning_rate": 0.01, "beta_1": 0.7, "beta_2": 0.8})
    family.write()


def matrix_optimizers():
    """Optimizers that treat matrices as such."""
    family = Family("matrix_optimizers")
    add = case_maker(family)
    for name, rate in {"Adafactor": 0.05, "Muon": 0.02}.items():
        own = {"learning_rate": rate}
        add(name, {})
        add(name, own)
        # 1e-30 times what remains after many steps without a gradient is nothing in float32.
        add(name, {**own, **({"epsilon_1": 1e-12} if name == "Adafactor" else {})}, stream="rare")
        add(name, {**own, "weight_decay": 0.01})
        add(name, {**own, "clipnorm": 0.5})
        add(name, {**own, "clipvalue": 0.2})
        add(name, {**own, "global_clipnorm": 0.7})
        add(name, {**own, "use_ema": True, "ema_momentum": 0.9})
        add(name, {**own, "gradient_accumulation_steps": 4})
        add(name, {"learning_rate": DECAY})
    own = {"learning_rate": 0.5}
    for config in ({}, {"beta_2_decay": -0.5}, {"epsilon_1": 1e-4, "epsilon_2": 0.05},
                   {"clip_threshold": 0.5}):  # fmt: skip
        add("Adafactor", {**own, **config})
    add("Adafactor", {"learning_rate": 0.05, "weight_decay": 0.1}, excluded=["bias"])
    own = {"learning_rate": 0.02}
    for config in ({"nesterov": False}, {"momentum": 0.5, "ns_steps": 3}, {"rms_rate": None},
                   {"weight_decay": None, "adam_weight_decay": None},
                   {"weight_decay": 0.1, "adam_weight_decay": 0.01},
                   {"adam_lr_ratio": 0.1, "adam_beta_1": 0.5, "adam_beta_2": 0.9, "epsilon": 1e-3},
                   {"muon_a": 3.0, "muon_b": -3.2, "muon_c": 1.2},
                   {"exclude_layers": ["kernel"]}):  # fmt: skip
        add("Muon", {**own, **config})
    add("Muon", {**own, "weight_decay": 0.1}, excluded=["kernel", "table"])
    family.write()


def schedules():
    family = Family("schedules")

    def add(name, config, steps):
        def run(a):
            made = getattr(keras.optimizers.schedules, name)(**config)
            return {"outputs": [np.stack([np.asarray(made(step)) for step in steps])]}

        family.case("schedule", name, config, {}, run, steps=list(steps), floor=0)

    dense, long = range(0, 25), range(0, 240, 9)
    base = {"initial_learning_rate": 0.1}
    for config in ({"decay_steps": 10, "decay_rate": 0.5}, {"decay_steps": 40, "decay_rate": 0.9}):
        for name in ("ExponentialDecay", "InverseTimeDecay"):
            for staircase in (False, True):
                for steps in (dense, long):
                    extra = {"staircase": True} if staircase else {}
                    add(name, {**base, **config, **extra}, steps)
    add("PiecewiseConstantDecay", {"boundaries": [5, 20], "values": [1.0, 0.5, 0.1]}, dense)
    add("PiecewiseConstantDecay", {"boundaries": [90, 180, 198], "values": [0.1, 0.2, 0.3, 0.05]},
        long)  # fmt: skip
    add("PiecewiseConstantDecay", {"boundaries": [0], "values": [2.0, 3.0]}, dense)
    for config in ({}, {"end_learning_rate": 0.01, "power": 2.0}, {"power": 0.5},
                   {"cycle": True}, {"cycle": True, "end_learning_rate": 0.0, "power": 3.0}):  # fmt: skip
        for steps in (dense, long):
            add("PolynomialDecay", {**base, "decay_steps": 16, **config}, steps)
    for config in ({}, {"alpha": 0.25}, {"warmup_target": 0.5, "warmup_steps": 5},
                   {"warmup_target": 0.5, "warmup_steps": 10, "alpha": 0.1}):  # fmt: skip
        for steps in (dense, long):
            add("CosineDecay", {**base, "decay_steps": 100, **config}, steps)
    add("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 12, "warmup_target": 0.1,
        "warmup_steps": 6}, dense)  # fmt: skip
    for config in ({}, {"t_mul": 1.0}, {"m_mul": 0.5}, {"t_mul": 1.5, "m_mul": 0.8, "alpha": 0.1}):
        for steps in (dense, long):
            add("CosineDecayRestarts", {**base, "first_decay_steps": 13, **config}, steps)
    family.write()
