"""A character model unrolled by hand: dictionaries xs, hs, ps over time steps, reversed loop backwards."""
import numpy as np

vocab, hidden = 5, 4
inputs = [0, 3, 1, 4, 2, 3]
targets = [3, 1, 4, 2, 3, 0]


def lossFun(Wxh, Whh, Why, bh, by, hprev):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])

    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return loss, dWxh, dWhh, dWhy, dbh, dby


def problem():
    r = np.random.RandomState(2)
    h0 = 0.5 * r.randn(hidden, 1)
    start = [r.randn(hidden, vocab) * 0.5, r.randn(hidden, hidden) * 0.5, r.randn(vocab, hidden) * 0.5,
             r.randn(hidden, 1) * 0.3, r.randn(vocab, 1) * 0.3]
    return {"cost": lambda p: lossFun(*p, h0), "params": start}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="[0] [1] [3], [2] [4]")
CASES = style.cases

style.wrong(
    "time_path_forgotten",
    ("dh = np.dot(Why.T, dy) + dhnext", "dh = np.dot(Why.T, dy)"),
    blame={"[1]": Blame("missing-term", variable="dh", alternatives=("inherited",))},
    inherited="[0] [3]",
    first_wrong="dh",
)
style.wrong(
    "recurrent_weights_not_transposed",
    ("dhnext = np.dot(Whh.T, dhraw)", "dhnext = np.dot(Whh, dhraw)"),
    blame={"[1]": Blame("transposed", variable="dhnext", alternatives=("inherited",))},
    inherited="[0] [3]",
    first_wrong="dhnext",
)
style.wrong(
    "raw_forgotten",
    ("dhnext = np.dot(Whh.T, dhraw)", "dhnext = np.dot(Whh.T, dh)"),
    blame={"[1]": Blame("missing-derivative", variable="dhnext", alternatives=("inherited", "wrong-operand"))},
    inherited="[0] [3]",
    first_wrong="dhnext",
)
style.wrong(
    "state_of_the_same_step",
    ("dWhh += np.dot(dhraw, hs[t - 1].T)", "dWhh += np.dot(dhraw, hs[t].T)"),
    blame={"[1]": "wrong-operand"},
)
style.wrong(
    "only_the_last_step_kept",
    ("dbh += dhraw", "dbh = dhraw"),
    blame={"[3]": Blame("missing-term", alternatives=("wrong-operation",))},
)
style.wrong(
    "tanh_derivative_forgotten",
    ("dhraw = (1 - hs[t] * hs[t]) * dh", "dhraw = dh"),
    blame={"[1]": Blame("missing-derivative", variable="dhraw", alternatives=("inherited",))},
    inherited="[0] [3]",
    first_wrong="dhraw",
)
style.wrong(
    "first_step_skipped",
    ("        dby += dy\n", "        if t > 0: dby += dy\n"),
    blame={"[4]": "missing-term"},
)
style.wrong(
    "loss_is_the_mean",
    ("loss += -np.log(ps[t][targets[t], 0])", "loss += -np.log(ps[t][targets[t], 0]) / len(inputs)"),
    blame={"[2]": Blame("wrong-factor", factor="6", at="*", variable="dy")},
    inherited="[0] [1] [3] [4]",
    nearby=True,
)
