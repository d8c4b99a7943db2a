"""Makes the vectors: all families, or those that are named. README.md has the command."""

import sys

import harness  # noqa: F401  (sets the backend before Keras is imported)
import functions

FAMILIES = {
    "activations": functions.activations,
    "initializers": functions.initializers,
    "regularizers": functions.regularizers,
    "constraints": functions.constraints,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or FAMILIES:
        FAMILIES[name]()
