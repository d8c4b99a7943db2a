"""Makes the vectors: all families, or those that are named. README.md has the command."""

import sys

import harness  # noqa: F401  (sets the backend before Keras is imported)
import attention
import callbacks
import core
import functions
import losses
import metrics
import modes
import normalization
import optimizers
import preprocessing
import recurrent
import training
import windows

FAMILIES = {
    "activations": functions.activations,
    "initializers": functions.initializers,
    "regularizers": functions.regularizers,
    "constraints": functions.constraints,
    "losses": losses.losses,
    "metrics": metrics.metrics,
    "optimizers": optimizers.optimizers,
    "matrix_optimizers": optimizers.matrix_optimizers,
    "schedules": optimizers.schedules,
    "core": core.core,
    "convolution": windows.convolution,
    "pooling": windows.pools,
    "resizing": windows.shapes,
    "recurrent": recurrent.recurrent,
    "attention": attention.attentions,
    "merging": attention.merges,
    "preprocessing": preprocessing.preprocessing,
    "modes": modes.modes,
    "fit": training.fit,
    "callbacks": callbacks.callbacks,
    "progress": callbacks.progress,
    "summaries": training.summaries,
    "names": training.names,
    "files": training.files,
    "normalization": normalization.normalization,
    "randomness": normalization.randomness,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or FAMILIES:
        FAMILIES[name]()
