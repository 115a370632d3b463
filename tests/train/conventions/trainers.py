"""The frameworks themselves, each trained with the very code that a translation gives to paste."""

import os
from functools import partial, wraps
from types import SimpleNamespace

import numpy as np
from tests.train.conventions.problems import EPSILON, minimum

os.environ.setdefault("KERAS_BACKEND", "jax")


def run_code(code, **names):
    """The names after the pasted lines."""
    exec(code, names)
    return names


def train_torch(code, problem):
    import torch

    model = torch.nn.Sequential()
    for k, (n, out) in enumerate(zip(problem.sizes, problem.sizes[1:], strict=False), start=1):
        model.append(torch.nn.Linear(n, out, dtype=torch.float64))
        if k < problem.depth:
            model.append(torch.nn.Tanh())
    layers = [layer for layer in model if hasattr(layer, "weight")]
    start = problem.start()
    with torch.no_grad():
        for k, layer in enumerate(layers, start=1):
            layer.weight.copy_(torch.tensor(start[f"W{k}"]))
            layer.bias.copy_(torch.tensor(start[f"b{k}"]))
    optimizer = run_code(code, torch=torch, model=model)["optimizer"]
    for group in optimizer.param_groups:
        group["eps"] = EPSILON
    losses = {
        "softmax": torch.nn.CrossEntropyLoss(),
        "binary": torch.nn.BCEWithLogitsLoss(),
        "squared": lambda z, y: 0.5 * torch.mean((z - y) ** 2),
    }
    X, Y = torch.tensor(problem.X), torch.tensor(problem.Y)
    for rows in problem.batches():
        optimizer.zero_grad()
        losses[problem.loss](model(X[rows]), Y[rows]).backward()
        optimizer.step()
    found = {}
    for k, layer in enumerate(layers, start=1):
        found[f"W{k}"], found[f"b{k}"] = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    return found


def in_float64(train):
    """JAX in float64 while this runs."""

    @wraps(train)
    def run(code, problem):
        import jax

        with jax.enable_x64(True):
            return train(code, problem)

    return run


@in_float64
def train_optax(code, problem):
    import jax
    import jax.numpy as jnp
    import optax

    def cost(params, X, Y):
        A = X
        for k in range(1, problem.depth):
            A = jnp.tanh(A @ params[f"W{k}"].T + params[f"b{k}"])
        z = A @ params[f"W{problem.depth}"].T + params[f"b{problem.depth}"]
        if problem.loss == "softmax":
            return -jnp.mean(jnp.sum(Y * jax.nn.log_softmax(z), 1))
        if problem.loss == "binary":
            return jnp.mean(jnp.logaddexp(0, z) - Y * z)
        return 0.5 * jnp.mean((z - Y) ** 2)

    shim = SimpleNamespace(
        chain=optax.chain, sgd=optax.sgd, add_decayed_weights=optax.add_decayed_weights,
        adam=partial(optax.adam, eps=EPSILON), adamw=partial(optax.adamw, eps=EPSILON),
    )  # fmt: skip
    params = {key: jnp.asarray(w) for key, w in problem.start().items()}
    optimizer = run_code(code, jax=jax, optax=shim, params=params)["optimizer"]
    state = optimizer.init(params)

    @jax.jit
    def step(params, state, X, Y):
        updates, state = optimizer.update(jax.grad(cost)(params, X, Y), state, params)
        return optax.apply_updates(params, updates), state

    X, Y = problem.X, problem.Y
    for rows in problem.batches():
        params, state = step(params, state, X[rows], Y[rows])
    return {key: np.asarray(w) for key, w in params.items()}


@in_float64
def train_keras(code, problem):
    import jax.numpy as jnp
    import keras

    keras.backend.set_floatx("float64")
    try:
        return _trained_keras(code, problem, keras, jnp)
    finally:
        keras.backend.set_floatx("float32")


def _trained_keras(code, problem, keras, jnp):
    tanh = jnp.tanh  # Keras's own computes in float32, whatever its floatx is
    names = run_code(code, keras=keras)
    penalty, optimizer = names.get("penalty"), names.get("optimizer") or _keras_optimizer(keras, problem)
    if hasattr(optimizer, "epsilon"):
        optimizer.epsilon = EPSILON
    model = keras.Sequential([keras.Input((problem.sizes[0],))])
    for k, out in enumerate(problem.sizes[1:], start=1):
        model.add(
            keras.layers.Dense(
                out, activation=tanh if k < problem.depth else None, kernel_regularizer=penalty,
                bias_regularizer=penalty if problem.biases else None,
            )
        )  # fmt: skip
    start = problem.start()
    for k, layer in enumerate(model.layers, start=1):
        layer.set_weights([start[f"W{k}"].T, start[f"b{k}"]])
    loss = {
        "softmax": keras.losses.CategoricalCrossentropy(from_logits=True),
        "binary": keras.losses.BinaryCrossentropy(from_logits=True),
        "squared": lambda y, z: 0.5 * (z - y) ** 2,
    }[problem.loss]
    model.compile(optimizer=optimizer, loss=loss)
    X, Y = problem.X, problem.Y
    for rows in problem.batches():
        model.train_on_batch(X[rows], Y[rows])
    found = {}
    for k, layer in enumerate(model.layers, start=1):
        found[f"W{k}"], found[f"b{k}"] = np.asarray(layer.kernel.value).T, np.asarray(layer.bias.value)
    return found


def _keras_optimizer(keras, problem):
    if problem.optimizer == "adam":
        return keras.optimizers.Adam(problem.lr)
    moving = problem.momentum if problem.optimizer == "momentum" else 0.0
    return keras.optimizers.SGD(problem.lr, momentum=moving)


def train_sklearn_mlp(code, problem):
    from sklearn.neural_network import MLPClassifier

    made = partial(
        MLPClassifier, hidden_layer_sizes=problem.sizes[1:-1], activation="tanh", shuffle=False,
        learning_rate_init=problem.lr, epsilon=EPSILON, random_state=0,
    )  # fmt: skip
    model = run_code(f"model = {code}", MLPClassifier=made)["model"]
    X, labels = problem.X, problem.Y.argmax(1)
    batches = problem.batches()
    model.partial_fit(X[batches[0]], labels[batches[0]], classes=np.arange(problem.sizes[-1]))
    start = problem.start()
    for k in range(problem.depth):
        model.coefs_[k][...] = start[f"W{k + 1}"].T
        model.intercepts_[k][...] = start[f"b{k + 1}"]
    del model._optimizer  # it begins again, with the weights as they are now
    for rows in batches:
        model.partial_fit(X[rows], labels[rows])
    found = {f"W{k + 1}": w.T for k, w in enumerate(model.coefs_)}
    return found | {f"b{k + 1}": b for k, b in enumerate(model.intercepts_)}


def train_sklearn_sgd(code, problem):
    """One pass over as many rows as there are steps, a row a step."""
    from sklearn.linear_model import SGDClassifier

    made = partial(
        SGDClassifier, learning_rate="constant", eta0=problem.lr, shuffle=False, max_iter=1, tol=None,
        random_state=0,
    )  # fmt: skip
    model = run_code(f"model = {code}", SGDClassifier=made)["model"]
    rows = np.concatenate(problem.batches())
    start = problem.start()
    model.fit(
        problem.X[rows], problem.Y[rows, 0], coef_init=start["W1"], intercept_init=start["b1"]
    )
    return {"W1": model.coef_, "b1": model.intercept_}


def solve_sklearn(code, problem):
    """The minimum that an estimator goes to."""
    from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

    liblinear = "liblinear" in code
    names = {
        "Ridge": Ridge,
        "ElasticNet": partial(ElasticNet, tol=1e-14, max_iter=100_000),
        "LogisticRegression": partial(LogisticRegression, tol=1e-10, max_iter=10_000)
        if liblinear else partial(LogisticRegression, solver="newton-cholesky", tol=1e-12, max_iter=10_000),
    }  # fmt: skip
    model = run_code(f"model = {code}", **names)["model"]
    model.fit(problem.X, problem.Y[:, 0])
    return {"W1": np.atleast_2d(model.coef_), "b1": np.atleast_1d(model.intercept_)}


def train_gradproof(code, problem):
    """gradproof's own engine, in the same batches."""
    from gradproof.train.engines.base import Data, Epoch, State
    from gradproof.train.engines.reference import ReferenceEngine
    from gradproof.train.network import dense
    from gradproof.train.optimizers import SGD, Adam

    names = run_code(code)
    usual = {
        "sgd": lambda: SGD(problem.lr),
        "momentum": lambda: SGD(problem.lr, momentum=problem.momentum),
        "adam": lambda: Adam(problem.lr, epsilon=EPSILON),
    }[problem.optimizer]
    optimizer = names.get("optimizer") or usual()
    if "ε" in optimizer.settings:
        optimizer.settings["ε"] = EPSILON
    loss = {"softmax": "cross_entropy", "binary": "binary_cross_entropy", "squared": "squared_error"}
    network = dense(problem.sizes, activation="tanh", loss=loss[problem.loss], penalty=names.get("penalty"))
    engine = ReferenceEngine(network, optimizer)
    start = {key: w if w.ndim > 1 else w[:, None] for key, w in problem.start().items()}
    state, data = State.begin(start, optimizer), Data.of(problem.X.T, problem.Y.T)
    for rows in problem.batches():
        engine.epoch(data, state, Epoch(rows, len(rows), problem.lr, engine.lambdas, problem.m))
    return state.parameters


def solve_numpy(code, problem):
    """The minimum of the course's cost."""
    return minimum(problem, run_code(code.splitlines()[0])["lambd"] / problem.m)


TRAINERS = {
    **dict.fromkeys(("gradproof", "gradproof.batch", "gradproof.none", "gradproof.AdamW"), train_gradproof),
    **dict.fromkeys(("torch.SGD", "torch.Adam", "torch.AdamW"), train_torch),
    **dict.fromkeys(
        ("optax.add_decayed_weights", "optax.add_decayed_weights.after", "optax.adamw"), train_optax
    ),
    **dict.fromkeys(("keras.L2", "keras.SGD", "keras.Adam", "keras.AdamW"), train_keras),
    "sklearn.MLP": train_sklearn_mlp,
    "sklearn.SGDClassifier": train_sklearn_sgd,
}
SOLVERS = {
    "squared": ("sklearn.Ridge", "sklearn.ElasticNet"),
    "binary": ("sklearn.LogisticRegression", "sklearn.LogisticRegression.liblinear"),
}
