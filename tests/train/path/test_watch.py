import numpy as np

from gradproof.train.fitting import EarlyStopping
from gradproof.train.path.watch import Watch


def test_each_network_by_itself():
    costs = np.array([[3, 3.0, np.nan], [2, 3.5, 1], [2.5, 3.5, 2], [1, 9, 0.5], [5, 0, 0.2], [6, 0, 0.1]])
    parameters = {"W1": np.zeros((3, 1, 1))}
    watch = Watch(parameters, 3, EarlyStopping(patience=2))
    for epoch, cost in enumerate(costs, start=1):
        parameters["W1"][:] = epoch
        watch.see(epoch, cost, parameters)
    assert watch.epoch.tolist() == [4, 1, 6]
    assert watch.parameters["W1"].ravel().tolist() == [4, 1, 6]
    assert watch.best.tolist() == [1, 3, 0.1]
    assert watch.stopped.tolist() == [True, True, False]


def test_min_delta():
    watch = Watch({"W1": np.zeros((1, 1, 1))}, 1, EarlyStopping(patience=2, min_delta=0.5))
    for epoch, cost in enumerate([3.0, 2.9, 2.8], start=1):
        watch.see(epoch, np.array([cost]), {"W1": np.full((1, 1, 1), epoch)})
    assert watch.stopped.all()
    assert watch.epoch[0] == 3
