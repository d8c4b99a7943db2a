"""Small models, by the names under which the Swift tests make the same."""

import keras
from keras import layers


def dense_sgd():
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(5, activation="tanh"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def conv_adam():
    model = keras.Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model


def batch_norm():
    model = keras.Sequential(
        [
            layers.Input((3,)),
            # A bias here would have no gradient but rounding, which RMSprop makes large.
            layers.Dense(4, use_bias=False),
            layers.BatchNormalization(momentum=0.8),
            layers.ReLU(),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.RMSprop(0.01), "mse", metrics=["mae", "mse"])
    return model


def lstm_masked():
    model = keras.Sequential(
        [
            layers.Input((5,)),
            layers.Embedding(7, 3, mask_zero=True),
            layers.LSTM(4),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def two_by_two():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    x = layers.Concatenate()([layers.Dense(4, activation="relu")(a), b])
    score = layers.Dense(1, name="score")(x)
    kind = layers.Dense(3, activation="softmax", name="kind")(x)
    model = keras.Model([a, b], [score, kind])
    model.compile(
        keras.optimizers.SGD(0.05),
        loss=["mse", "sparse_categorical_crossentropy"],
        loss_weights=[1.0, 0.3],
        metrics=[["mae"], ["accuracy"]],
    )
    return model


def weighted():
    model = keras.Sequential(
        [layers.Input((3,)), layers.Dense(4, activation="sigmoid"), layers.Dense(2)]
    )
    model.compile(
        keras.optimizers.Adadelta(1.0), "mse", metrics=["mae"], weighted_metrics=["mse"]
    )
    return model


def penalized():
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(
                5,
                activation="relu",
                kernel_regularizer=keras.regularizers.L2(0.05),
                bias_regularizer=keras.regularizers.L1(0.02),
                kernel_constraint=keras.constraints.MaxNorm(1.5),
            ),
            layers.Dense(2, activity_regularizer=keras.regularizers.L2(0.01)),
        ]
    )
    rate = keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=4, decay_rate=0.8)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9, nesterov=True), "huber")
    return model


def averaged():
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(6, activation="gelu"), layers.Dense(1)]
    )
    rate = keras.optimizers.schedules.CosineDecay(0.0, 12, warmup_target=0.05, warmup_steps=3)
    model.compile(
        # Adam divides small gradients by themselves, rounding and all: a larger ε does so less.
        keras.optimizers.AdamW(
            rate, epsilon=1e-3, global_clipnorm=0.5, use_ema=True, ema_momentum=0.7
        ),
        "mean_squared_error",
        metrics=["mae"],
    )
    return model


def siamese():
    left, right = keras.Input((3,)), keras.Input((3,))
    shared = layers.Dense(4, activation="tanh", name="shared")
    frozen = layers.Dense(4, name="frozen", trainable=False)
    x = layers.Subtract()([frozen(shared(left)), frozen(shared(right))])
    model = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(x))
    model.compile(keras.optimizers.Nadam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def sequence_labels():
    model = keras.Sequential(
        [
            layers.Input((4, 2)),
            layers.Masking(),
            layers.GRU(3, return_sequences=True),
            layers.TimeDistributed(layers.Dense(2, activation="softmax")),
        ]
    )
    model.compile(
        keras.optimizers.Adagrad(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


TRAINED = [dense_sgd, conv_adam, batch_norm, lstm_masked, two_by_two, weighted, penalized,
           averaged, siamese, sequence_labels]  # fmt: skip


def lenet():
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="lenet",
    )


def unbuilt():
    return keras.Sequential([layers.Dense(4), layers.BatchNormalization(), layers.Dense(1)])


def any_size():
    return keras.Sequential(
        [
            layers.Input((None, None, 3)),
            layers.Conv2D(8, 3, padding="same"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )


def branching():
    x = keras.Input((8, 8, 3), name="image")
    left = layers.Conv2D(4, 3, padding="same", name="left")(x)
    right = layers.Conv2D(4, 1, name="right")(x)
    y = layers.Add(name="sum")([left, right])
    y = layers.Concatenate(name="both")([y, left])
    return keras.Model(x, layers.Dense(3, name="answer")(layers.Flatten(name="flat")(y)), name="branches")


def shared_layer():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    dense = layers.Dense(3, name="twice")
    return keras.Model([a, b], layers.Dot(axes=1, name="dot")([dense(a), dense(b)]), name="pair")


def nested():
    encoder = keras.Sequential(
        [layers.Input((6,)), layers.Dense(4, name="hidden"), layers.Dense(2, name="code")],
        name="encoder",
    )
    decoder = keras.Sequential(
        [layers.Input((2,)), layers.Dense(6, name="picture")], name="decoder"
    )
    x = keras.Input((6,), name="x")
    return keras.Model(x, decoder(encoder(x)), name="autoencoder")


def states():
    x = keras.Input((5, 3), name="series")
    y, h, c = layers.LSTM(4, return_state=True, name="memory")(x)
    return keras.Model(x, [y, layers.Dense(2, name="end")(layers.Concatenate(name="join")([h, c]))], name="states")


def frozen():
    model = keras.Sequential(
        [
            layers.Input((10,)),
            layers.Dense(20, name="fixed"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(1, name="learned"),
        ],
        name="frozen",
    )
    model.get_layer("fixed").trainable = False
    return model


def long_names():
    return keras.Sequential(
        [
            layers.Input((100,)),
            layers.Dense(1000, name="a_dense_layer_with_a_name_that_is_longer_than_its_column"),
            layers.Dense(2000, name="second"),
        ],
        name="a_model_with_a_long_name",
    )


SUMMARIZED = [lenet, unbuilt, any_size, branching, shared_layer, nested, states, frozen, long_names]
