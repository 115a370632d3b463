"""Code in the styles people write is found, given inputs, and understood: each gradient here is right."""

import textwrap

import numpy as np
import pytest

from gradproof.checking.conventions import find_problems
from gradproof.errors import InputError
from gradproof.read.files import load

STYLES = {
    "pair": (
        """
        def cost(w, X, y, lambd):
            r = X @ w - y
            return 0.5 * np.sum(r**2) + lambd / 2 * np.sum(w**2)

        def cost_grad(w, X, y, lambd):
            return X.T @ (X @ w - y) + lambd * w
        """,
        {"w"},
    ),
    "pair of one vector": (
        """
        def f(x):
            return np.sum(x**4) + x[0] * x[1]

        def df(x):
            g = 4 * x**3
            g[0] += x[1]
            g[1] += x[0]
            return g

        x0 = np.array([0.3, 1.2, -0.7])
        """,
        {"x"},
    ),
    "two gradients beside each other": (
        """
        def loss(theta, X, y):
            return np.mean((X.dot(theta) - y) ** 2)

        def loss_grad(theta, X, y):
            return 2 / len(y) * X.T.dot(X.dot(theta) - y)

        def gradient_of_loss(theta, X, y):
            total = np.zeros_like(theta)
            for row, target in zip(X, y):
                total += 2 * (row @ theta - target) * row
            return total / len(y)
        """,
        {"theta"},
    ),
    "cost and gradient together, flat vector": (
        """
        def costFunctionReg(theta, X, y, lamda):
            m = len(y)
            h = 1 / (1 + np.exp(-X @ theta))
            J = -(y @ np.log(h) + (1 - y) @ np.log(1 - h)) / m + lamda / (2 * m) * theta[1:] @ theta[1:]
            grad = X.T @ (h - y) / m
            grad[1:] += lamda / m * theta[1:]
            return J, grad
        """,
        {"theta"},
    ),
    "packed network with its sizes": (
        """
        def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda_):
            cut = hidden_layer_size * (input_layer_size + 1)
            Theta1 = nn_params[:cut].reshape(hidden_layer_size, input_layer_size + 1)
            Theta2 = nn_params[cut:].reshape(num_labels, hidden_layer_size + 1)
            m = X.shape[0]
            A1 = np.hstack([np.ones((m, 1)), X])
            S = 1 / (1 + np.exp(-A1 @ Theta1.T))
            A2 = np.hstack([np.ones((m, 1)), S])
            H = 1 / (1 + np.exp(-A2 @ Theta2.T))
            Y = np.eye(num_labels)[y]
            J = -np.sum(Y * np.log(H) + (1 - Y) * np.log(1 - H)) / m
            J += lambda_ / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
            D3 = H - Y
            D2 = D3 @ Theta2[:, 1:] * S * (1 - S)
            G1, G2 = D2.T @ A1 / m, D3.T @ A2 / m
            G1[:, 1:] += lambda_ / m * Theta1[:, 1:]
            G2[:, 1:] += lambda_ / m * Theta2[:, 1:]
            return J, np.concatenate([G1.ravel(), G2.ravel()])
        """,
        {"nn_params"},
    ),
    "gradients first, then the cost": (
        """
        def propagate(w, b, X, Y):
            m = X.shape[1]
            A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
            cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
            dw = np.dot(X, (A - Y).T) / m
            db = np.sum(A - Y) / m
            grads = {"dw": dw, "db": db}
            return grads, cost
        """,
        {"w", "b"},
    ),
    "the course's three functions, with dropout": (
        """
        def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
            W1, b1, W2, b2 = (parameters[k] for k in ("W1", "b1", "W2", "b2"))
            W1, b1, W2, b2 = parameters["W1"], parameters["b1"], parameters["W2"], parameters["b2"]
            A1 = np.maximum(0, np.dot(W1, X) + b1)
            D1 = np.random.rand(*A1.shape) < keep_prob
            A1 = A1 * D1 / keep_prob
            A2 = 1 / (1 + np.exp(-(np.dot(W2, A1) + b2)))
            return A2, (D1, A1, W2, A2)

        def compute_cost(A2, Y):
            return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / Y.shape[1]

        def backward_propagation_with_dropout(X, Y, cache, keep_prob=0.5):
            m = X.shape[1]
            D1, A1, W2, A2 = cache
            dZ2 = A2 - Y
            dA1 = np.dot(W2.T, dZ2) * D1 / keep_prob
            dZ1 = dA1 * (A1 > 0)
            return {
                "dZ2": dZ2, "dW2": np.dot(dZ2, A1.T) / m, "db2": np.sum(dZ2, axis=1, keepdims=True) / m,
                "dZ1": dZ1, "dW1": np.dot(dZ1, X.T) / m, "db1": np.sum(dZ1, axis=1, keepdims=True) / m,
            }
        """,
        {"W1", "b1", "W2", "b2"},
    ),
    "L layers": (
        """
        def L_model_forward(X, parameters):
            caches, A = [], X
            L = len(parameters) // 2
            for l in range(1, L + 1):
                Z = parameters["W" + str(l)] @ A + parameters["b" + str(l)]
                caches.append((A, parameters["W" + str(l)]))
                A = np.tanh(Z) if l < L else 1 / (1 + np.exp(-Z))
            return A, caches

        def compute_cost(AL, Y):
            return -np.mean(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))

        def L_model_backward(AL, Y, caches):
            grads = {}
            m = Y.shape[1]
            dZ = AL - Y
            for l in range(len(caches), 0, -1):
                A, W = caches[l - 1]
                grads["dW" + str(l)] = dZ @ A.T / m
                grads["db" + str(l)] = np.sum(dZ, axis=1, keepdims=True) / m
                dZ = W.T @ dZ * (1 - A**2)
            return grads
        """,
        {"W1", "b1", "W2", "b2", "W3", "b3"},
    ),
    "a forward pass that returns the cost": (
        """
        def forward_propagation_n(X, Y, parameters):
            W1, b1 = parameters["W1"], parameters["b1"]
            A1 = 1 / (1 + np.exp(-(W1 @ X + b1)))
            cost = -np.sum(Y * np.log(A1) + (1 - Y) * np.log(1 - A1)) / X.shape[1]
            cache = (A1, W1, b1)
            return cost, cache

        def backward_propagation_n(X, Y, cache):
            A1, W1, b1 = cache
            dZ1 = (A1 - Y) / X.shape[1]
            return {"dZ1": dZ1, "dW1": dZ1 @ X.T, "db1": dZ1.sum(axis=1, keepdims=True)}
        """,
        {"W1", "b1"},
    ),
    "rows are examples, softmax": (
        """
        def forward(X, params):
            H = np.tanh(X @ params["W1"] + params["b1"])
            S = H @ params["W2"] + params["b2"]
            P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
            return P, {"H": H}

        def cross_entropy_loss(P, Y):
            return -np.sum(Y * np.log(P)) / len(Y)

        def backward(X, Y, P, cache, params):
            dS = (P - Y) / len(Y)
            dH = dS @ params["W2"].T * (1 - cache["H"] ** 2)
            return {"W1": X.T @ dH, "b1": dH.sum(0), "W2": cache["H"].T @ dS, "b2": dS.sum(0)}
        """,
        {"W1", "b1", "W2", "b2"},
    ),
    "CS231n loss with integer labels": (
        """
        def softmax_loss_naive(W, X, y, reg):
            loss, dW = 0.0, np.zeros_like(W)
            for i in range(X.shape[0]):
                s = X[i].dot(W)
                p = np.exp(s) / np.sum(np.exp(s))
                loss -= np.log(p[y[i]])
                p[y[i]] -= 1
                dW += np.outer(X[i], p)
            return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W
        """,
        {"W"},
    ),
    "CS231n scores": (
        """
        def svm_loss(x, y):
            N = x.shape[0]
            margins = np.maximum(0, x - x[np.arange(N), y][:, None] + 1)
            margins[np.arange(N), y] = 0
            dx = (margins > 0) / N
            dx[np.arange(N), y] -= dx.sum(axis=1)
            loss = margins.sum() / N
            return loss, dx
        """,
        {"x"},
    ),
    "layer with a cache": (
        """
        def affine_forward(x, w, b):
            out = x.reshape(x.shape[0], -1).dot(w) + b
            return out, (x, w, b)

        def affine_backward(dout, cache):
            x, w, b = cache
            dx = dout.dot(w.T).reshape(x.shape)
            dw = x.reshape(x.shape[0], -1).T.dot(dout)
            db = dout.sum(axis=0)
            return dx, dw, db
        """,
        {"x", "w", "b"},
    ),
    "convolution": (
        """
        def conv_forward_naive(x, w, b, conv_param):
            N, C, H, W = x.shape
            F, _, HH, WW = w.shape
            s, p = conv_param["stride"], conv_param["pad"]
            xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
            out = np.zeros((N, F, 1 + (H + 2 * p - HH) // s, 1 + (W + 2 * p - WW) // s))
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    patch = xp[:, :, i * s:i * s + HH, j * s:j * s + WW]
                    out[:, :, i, j] = np.tensordot(patch, w, ((1, 2, 3), (1, 2, 3))) + b
            return out, (x, w, b, conv_param)

        def conv_backward_naive(dout, cache):
            x, w, b, conv_param = cache
            s, p = conv_param["stride"], conv_param["pad"]
            xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
            dxp, dw, db = np.zeros_like(xp), np.zeros_like(w), dout.sum(axis=(0, 2, 3))
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    rows, columns = slice(i * s, i * s + w.shape[2]), slice(j * s, j * s + w.shape[3])
                    area = (slice(None), slice(None), rows, columns)
                    dxp[area] += np.tensordot(dout[:, :, i, j], w, 1)
                    dw += np.tensordot(dout[:, :, i, j].T, xp[area], 1)
            dx = dxp[:, :, p:-p, p:-p]
            return dx, dw, db
        """,
        {"x", "w", "b"},
    ),
    "recurrent step": (
        """
        def rnn_step_forward(x, prev_h, Wx, Wh, b):
            next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
            cache = (x, prev_h, Wx, Wh, next_h)
            return next_h, cache

        def rnn_step_backward(dnext_h, cache):
            x, prev_h, Wx, Wh, next_h = cache
            da = dnext_h * (1 - next_h**2)
            dx, dprev_h, dWx, dWh, db = da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(0)
            return dx, dprev_h, dWx, dWh, db
        """,
        {"x", "prev_h", "Wx", "Wh", "b"},
    ),
    "batch normalisation": (
        """
        def batchnorm_forward(x, gamma, beta, bn_param):
            mode = bn_param["mode"]
            eps = bn_param.get("eps", 1e-5)
            if mode != "train":
                raise ValueError(mode)
            std = np.sqrt(x.var(axis=0) + eps)
            xhat = (x - x.mean(axis=0)) / std
            out = gamma * xhat + beta
            cache = (xhat, std, gamma)
            return out, cache

        def batchnorm_backward(dout, cache):
            xhat, std, gamma = cache
            N = dout.shape[0]
            dgamma, dbeta = (dout * xhat).sum(0), dout.sum(0)
            dx = gamma / std / N * (N * dout - dbeta - xhat * dgamma)
            return dx, dgamma, dbeta
        """,
        {"x", "gamma", "beta"},
    ),
    "a class with loss and params": (
        """
        class TwoLayerNet:
            def __init__(self, input_dim=3072, hidden_dim=99, num_classes=10, weight_scale=1e-3, reg=0.0):
                self.reg = reg
                self.params = {
                    "W1": weight_scale * np.random.randn(input_dim, hidden_dim), "b1": np.zeros(hidden_dim),
                    "W2": weight_scale * np.random.randn(hidden_dim, num_classes),
                    "b2": np.zeros(num_classes),
                }

            def loss(self, X, y=None):
                W1, b1, W2, b2 = (self.params[k] for k in ("W1", "b1", "W2", "b2"))
                h = np.maximum(0, X @ W1 + b1)
                s = h @ W2 + b2
                if y is None:
                    return s
                p = np.exp(s) / np.exp(s).sum(1, keepdims=True)
                N = len(X)
                loss = -np.log(p[np.arange(N), y]).mean() + 0.5 * self.reg * (np.sum(W1**2) + np.sum(W2**2))
                d = p.copy()
                d[np.arange(N), y] -= 1
                d /= N
                dh = d @ W2.T * (h > 0)
                grads = {"W1": X.T @ dh + self.reg * W1, "b1": dh.sum(0)}
                grads |= {"W2": h.T @ d + self.reg * W2, "b2": d.sum(0)}
                return loss, grads
        """,
        {"W1", "b1", "W2", "b2"},
    ),
    "a layer class that keeps its gradients": (
        """
        class Dense:
            def __init__(self, n_in, n_out):
                self.W = np.random.randn(n_in, n_out)
                self.b = np.zeros(n_out)

            def forward(self, x):
                self.x = x
                return x @ self.W + self.b

            def backward(self, dout):
                self.dW = self.x.T @ dout
                self.db = dout.sum(axis=0)
                return dout @ self.W.T
        """,
        {"W", "b", "x"},
    ),
    "lists of weights": (
        """
        def cost(weights, biases, X, Y):
            A = X
            for W, b in zip(weights, biases):
                A = np.tanh(A @ W + b)
            return 0.5 * np.sum((A - Y) ** 2)

        def gradient(weights, biases, X, Y):
            activations = [X]
            for W, b in zip(weights, biases):
                activations.append(np.tanh(activations[-1] @ W + b))
            nabla_w, nabla_b = [None] * len(weights), [None] * len(biases)
            d = activations[-1] - Y
            for k in range(len(weights) - 1, -1, -1):
                d = d * (1 - activations[k + 1] ** 2)
                nabla_w[k], nabla_b[k] = activations[k].T @ d, d.sum(axis=0)
                d = d @ weights[k].T
            return nabla_w, nabla_b
        """,
        {"weights[0]", "weights[1]", "weights[2]", "biases[0]", "biases[1]", "biases[2]"},
    ),
    "a function that makes the cost": (
        """
        def make_nll(X, y, l2=0.01):
            def nll(beta):
                p = 1 / (1 + np.exp(-X @ beta))
                value = -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) + 0.5 * l2 * beta @ beta
                return value, X.T @ (p - y) + l2 * beta
            return nll
        """,
        {"beta"},
    ),
    "matrix factorisation": (
        """
        def cofiCostFunc(params, Y, R, num_users, num_movies, num_features, lambda_):
            X = params[:num_movies * num_features].reshape(num_movies, num_features)
            Theta = params[num_movies * num_features:].reshape(num_users, num_features)
            E = (X @ Theta.T - Y) * R
            J = 0.5 * np.sum(E**2) + lambda_ / 2 * np.sum(params**2)
            grad = np.concatenate([(E @ Theta + lambda_ * X).ravel(), (E.T @ X + lambda_ * Theta).ravel()])
            return J, grad
        """,
        {"params"},
    ),
}


@pytest.fixture
def problems(tmp_path):
    """A function: source -> the problems found in it."""

    def find(source, **options):
        path = tmp_path / "user_code.py"
        path.write_text("import numpy as np\n" + textwrap.dedent(source), encoding="utf-8")
        return find_problems(load(path), **options).problems

    return find


def slope(cost, params, name, rng):
    """A directional difference of a cost and the direction."""
    direction = rng.standard_normal(np.shape(params[name]))
    step = 1e-6

    def at(t):
        np.random.seed(0)
        return float(cost({k: np.asarray(v) + t * direction if k == name else v for k, v in params.items()}))

    return (at(step) - at(-step)) / (2 * step), direction


@pytest.mark.parametrize("style", STYLES)
def test_a_style_is_found_and_run(style, problems):
    source, parameters = STYLES[style]
    (problem,) = problems(source)
    assert set(problem.params) == parameters
    rng = np.random.default_rng(0)
    for candidate in problem.candidates.values():
        np.random.seed(0)
        gradients = candidate(dict(problem.params))
        assert set(gradients) == parameters
        for name in parameters:
            difference, direction = slope(problem.cost, problem.params, name, rng)
            assert np.sum(gradients[name] * direction) == pytest.approx(difference, rel=1e-5, abs=1e-7), name


def test_several_gradients_of_one_cost_are_candidates(problems):
    (problem,) = problems(STYLES["two gradients beside each other"][0])
    assert set(problem.candidates) == {"loss_grad", "gradient_of_loss"}


def test_intermediate_gradients_are_no_parameters(problems):
    (problem,) = problems(STYLES["the course's three functions, with dropout"][0])
    gradients = problem.candidates["backward_propagation_with_dropout"](dict(problem.params))
    assert set(gradients) == {"W1", "b1", "W2", "b2"}


def test_example_goes_before_made_inputs(problems):
    source = (
        textwrap.dedent(STYLES["pair"][0])
        + "\ndef example():\n    return dict(w=np.ones(2), X=np.eye(2), y=np.ones(2), lambd=3.0)\n"
    )
    (problem,) = problems(source)
    assert problem.inputs_from == "example()"
    assert problem.cost(problem.params) == 3.0


def test_data_file_gives_the_inputs(problems, tmp_path):
    np.savez(tmp_path / "d.npz", w=np.ones(2), X=np.eye(2), y=np.ones(2), lambd=5.0)
    (problem,) = problems(STYLES["pair"][0], data=str(tmp_path / "d.npz"))
    assert problem.cost(problem.params) == 5.0


def test_a_function_can_be_named(problems):
    source = "def a(v):\n    return np.sum(v**2), 2 * v\n\ndef b(v):\n    return np.sum(v**3), 3 * v**2\n"
    (problem,) = problems(source, function="b")
    assert problem.functions == ("b",)


def test_made_arrays_have_sizes_of_their_own(problems):
    (problem,) = problems(STYLES["L layers"][0])
    shapes = [problem.params[f"W{k}"].shape for k in (1, 2, 3)]
    batch = problem.inputs["X"].shape[1]
    assert all(rows != columns for rows, columns in shapes)
    assert all(batch not in shape for shape in shapes)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("x = 1\n", ["defines no functions", "def cost(params)"]),
        (
            "def loss(w):\n    return np.sum(w**2)\n",
            ["loss looks like a cost", "no function returns its gradient", "loss_grad"],
        ),
        ("def grad(w):\n    return 2 * w\n", ["grad looks like a gradient", "def cost(w)"]),
        ("def walk(a):\n    return a\n", ["seen:", "walk(a)", "line 2"]),
        (
            "def cost(w, box):\n    return box.weigh(w)\ndef cost_grad(w, box):\n    return box.pull(w)\n",
            ["weigh", "def example():", "return dict(w=..., box=...)"],
        ),
    ],
)
def test_nothing_to_check_says_what_to_add(problems, source, parts):
    with pytest.raises(InputError) as caught:
        problems(source)
    for part in parts:
        assert part in str(caught.value)
