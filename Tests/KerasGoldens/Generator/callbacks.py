"""What Keras' callbacks decide on given values, and the lines of its progress bar at given times."""

import keras
import numpy as np
from keras.src.utils import progbar

from harness import Family, f32, generator

EPOCHS = 12


def streams():
    """Values to monitor, epoch by epoch, by name."""
    rng = generator("monitored")
    falling = 1 / (1 + np.arange(EPOCHS))
    nan = falling.copy()
    nan[5:7] = np.nan  # not the first that is looked at
    plateau = np.full(EPOCHS, 0.5) - 0.004 * np.arange(EPOCHS)
    return {
        "falling": falling,
        "rising": np.linspace(0.1, 0.9, EPOCHS),
        "bowl": 0.2 + np.abs(np.arange(EPOCHS) - 5) / 10,
        "nan": nan,
        "plateau": plateau,
        "steps": np.repeat([0.9, 0.5, 0.7, 0.3], 3),
        **{f"walk{i}": 2 + np.cumsum(rng.normal(scale=0.3, size=EPOCHS)) for i in range(3)},
    }


class Trained:
    """The part of a model that callbacks look at; its weights are the number of the epoch."""

    def __init__(self):
        self.optimizer = keras.optimizers.SGD(0.5)
        self.metrics = []
        self.stop_training = False
        self.weights = -1
        self.epoch = 0

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        self.weights = weights


def callbacks():
    family = Family("callbacks")

    def add(name, config, stream, values, run):
        def checked(a):
            model = Trained()
            callback = getattr(keras.callbacks, name)(
                *(["x.keras"] if name == "ModelCheckpoint" else []), monitor="loss", **config
            )
            callback.set_model(model)
            callback.on_train_begin()
            return run(callback, model, [float(v) for v in a["values"]])

        arrays = {"values": f32(values)}
        family.case("callback", name, config, arrays, checked, inputs=["values"], stream=stream)

    def stopping(callback, model, values):
        """The last epoch, and the epoch whose weights are put back; -1 for none."""
        for model.epoch, value in enumerate(values):
            callback.on_epoch_end(model.epoch, {"loss": value})
            if model.stop_training:
                break
        callback.on_train_end()
        return {"outputs": [np.array([model.epoch, model.weights], np.int32)]}

    def plateau(callback, model, values):
        """The learning rate after each epoch."""
        rates = []
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {"loss": value})
            rates.append(float(model.optimizer.learning_rate))
        return {"learning_rates": [np.array(rates, keras.config.floatx())]}

    def checkpoint(callback, model, values):
        """Whether the model is saved after each epoch."""
        callback._set_monitor_op()
        saved = [callback._should_save_model(e, None, {"loss": v}, "x") for e, v in enumerate(values)]
        return {"outputs": [np.array(saved)]}

    for stream, values in streams().items():
        for config in ({}, {"patience": 2, "restore_best_weights": True},
                       {"patience": 1, "min_delta": 0.01, "restore_best_weights": True},
                       {"patience": 3, "mode": "max", "restore_best_weights": True},
                       {"patience": 2, "baseline": 0.4},
                       {"patience": 1, "start_from_epoch": 4, "restore_best_weights": True}):  # fmt: skip
            add("EarlyStopping", config, stream, values, stopping)
        for config in ({"patience": 2}, {"patience": 1, "factor": 0.5, "cooldown": 2},
                       {"patience": 1, "mode": "max", "min_lr": 0.01},
                       {"patience": 3, "min_delta": 0.05, "factor": 0.9}):  # fmt: skip
            add("ReduceLROnPlateau", config, stream, values, plateau)
        for config in ({"save_best_only": True}, {"save_best_only": True, "mode": "max"},
                       {"save_best_only": True, "initial_value_threshold": 0.4}):  # fmt: skip
            add("ModelCheckpoint", config, stream, values, checkpoint)
    family.write()


class Clock:
    now = 0.0

    def time(self):
        return self.now


def progress():
    """The text of each update, without how the line before is wiped; empty where none is drawn."""
    family = Family("progress")
    clock, written = Clock(), []
    progbar.time = clock
    progbar.io_utils.print_msg = lambda text, line_break=True: written.append(text)

    def add(name, target, updates, verbose=1):
        """updates: seconds since the start, step, logs, whether it is the last."""
        clock.now = 1000.0
        bar = progbar.Progbar(target, verbose=verbose, stateless_metrics=set())
        rows = []
        for seconds, step, logs, last in updates:
            clock.now = 1000.0 + seconds
            written.clear()
            if last and bar.target is None:
                bar.target = step
            # The callback tells a bar alone of each batch.
            if last or verbose == 1:
                bar.update(step, list(logs.items()), finalize=last)
            rows.append({"seconds": seconds, "step": step, "logs": logs, "last": last,
                         "text": "".join(written).lstrip("\b\r").rstrip()})  # fmt: skip
        config = {"verbose": verbose} | ({} if target is None else {"target": target})
        family.case("progress", "Progbar", config, {}, lambda a: {}, name=name, updates=rows)

    def steady(target, first, each, steps, logs={}, known=True):
        """Updates after some of the steps, of which the first takes its own time, and the end."""
        at = lambda step: first + each * (step - 1)  # noqa: E731
        last = (at(target) + 0.25 * each, target, logs, True)
        return [(at(step), step, logs, False) for step in steps] + [last]

    usual = {"accuracy": 0.9123456, "loss": 0.3210987}
    for verbose in (1, 2):
        tail = f"-{verbose}"
        add("five" + tail, 5, steady(5, 0.3, 0.2, range(1, 6), usual), verbose)
        add("mnist" + tail, 469, steady(469, 2.1, 0.0125, (1, 2, 3, 100, 235, 468), usual), verbose)
        add("one" + tail, 1, steady(1, 0.75, 0.2, (1,), usual), verbose)
        add("quick" + tail, 40, steady(40, 0.002, 0.00002, (1, 2, 20), usual), verbose)
        add("small" + tail, 3, steady(3, 0.5, 0.5, (1, 2), {"loss": 0.00041237, "mae": 0.001}), verbose)
        add("large" + tail, 3, steady(3, 0.5, 0.5, (1, 2), {"loss": 123456.789}), verbose)
        add("silent" + tail, 12, steady(12, 1.4, 1.5, range(1, 13)), verbose)
    add("ten", 10, steady(10, 0.1, 0.1, range(1, 11), usual))
    add("often", 1000, steady(1000, 0.02, 0.02, range(1, 12), usual))
    add("minutes", 1000, steady(1000, 3.0, 0.5, (1, 2, 500, 880, 881, 999), usual))
    add("hours", 10_000, steady(10_000, 30.0, 2.5, (1, 2, 5_000, 8_560, 9_999), usual))
    add("negative", 3, steady(3, 0.5, 0.5, (1, 2), {"loss": -0.25, "score": -0.0004}))
    add("unknown", None, steady(120, 0.5, 0.25, (1, 2, 3, 50, 119, 120), usual))
    family.write()
