"""Examples along the rows, camelCase, long names, sigmoid activations and the operator @."""
import numpy as np


def logisticFunction(netInput):
    return 1.0 / (1.0 + np.exp(-netInput))


def logisticDerivative(activation):
    return activation * (1.0 - activation)


class NetworkData:
    randomState = np.random.RandomState(64)
    inputMatrix = randomState.uniform(-1, 1, (8, 3))
    targetMatrix = randomState.uniform(0, 1, (8, 2))
    weightDecay = 0.01


def computeLoss(networkParameters):
    """Half the summed squared error per example, plus the weight decay."""
    hiddenWeights, hiddenBias = networkParameters["hiddenWeights"], networkParameters["hiddenBias"]
    outputWeights, outputBias = networkParameters["outputWeights"], networkParameters["outputBias"]
    hiddenActivation = logisticFunction(NetworkData.inputMatrix @ hiddenWeights + hiddenBias)
    outputActivation = logisticFunction(hiddenActivation @ outputWeights + outputBias)
    numberOfExamples = NetworkData.inputMatrix.shape[0]
    squaredError = np.sum(np.power(outputActivation - NetworkData.targetMatrix, 2)) / (2 * numberOfExamples)
    decay = 0.5 * NetworkData.weightDecay * (np.sum(hiddenWeights ** 2) + np.sum(outputWeights ** 2))
    return squaredError + decay


def computeGradients(networkParameters):
    hiddenWeights, hiddenBias = networkParameters["hiddenWeights"], networkParameters["hiddenBias"]
    outputWeights, outputBias = networkParameters["outputWeights"], networkParameters["outputBias"]
    hiddenActivation = logisticFunction(NetworkData.inputMatrix @ hiddenWeights + hiddenBias)
    outputActivation = logisticFunction(hiddenActivation @ outputWeights + outputBias)
    numberOfExamples = NetworkData.inputMatrix.shape[0]

    outputError = outputActivation - NetworkData.targetMatrix
    outputDelta = outputError * logisticDerivative(outputActivation) / numberOfExamples
    hiddenError = outputDelta @ outputWeights.T
    hiddenDelta = hiddenError * logisticDerivative(hiddenActivation)

    return {
        "hiddenWeightsGrad": NetworkData.inputMatrix.T @ hiddenDelta + NetworkData.weightDecay * hiddenWeights,
        "hiddenBiasGrad": np.sum(hiddenDelta, axis=0),
        "outputWeightsGrad": hiddenActivation.T @ outputDelta + NetworkData.weightDecay * outputWeights,
        "outputBiasGrad": np.sum(outputDelta, axis=0),
    }


def problem():
    draw = NetworkData.randomState.normal
    start = {
        "hiddenWeights": draw(size=(3, 4)), "hiddenBias": draw(size=4),
        "outputWeights": draw(size=(4, 2)), "outputBias": draw(size=2),
    }
    return {"cost": computeLoss, "grad": computeGradients, "params": start}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="hiddenWeights hiddenBias, outputWeights outputBias")
CASES = style.cases

style.wrong(
    "output_derivative_forgotten",
    ("outputDelta = outputError * logisticDerivative(outputActivation) / numberOfExamples",
     "outputDelta = outputError / numberOfExamples"),
    blame={"outputWeights": Blame("missing-derivative", variable="outputDelta")},
    inherited="outputBias hiddenWeights hiddenBias",
    first_wrong="outputDelta",
)
style.wrong(
    "derivative_of_the_input",
    ("hiddenDelta = hiddenError * logisticDerivative(hiddenActivation)",
     "hiddenDelta = hiddenError * logisticDerivative(NetworkData.inputMatrix @ hiddenWeights + hiddenBias)"),
    blame={"hiddenWeights": Blame("wrong-operand", variable="hiddenDelta", alternatives=("missing-derivative",))},
    inherited="hiddenBias",
    first_wrong="hiddenDelta",
)
style.wrong(
    "derivative_formula",
    ("return activation * (1.0 - activation)", "return activation * (1.0 + activation)"),
    blame={"outputWeights": Blame("wrong-factor", alternatives=("wrong-operation",))},
    inherited="outputBias hiddenWeights hiddenBias",
)
style.wrong(
    "error_for_delta",
    ("hiddenError = outputDelta @ outputWeights.T", "hiddenError = outputError @ outputWeights.T"),
    blame={"hiddenWeights": Blame("wrong-operand", variable="hiddenError", alternatives=("missing-derivative",))},
    inherited="hiddenBias",
    first_wrong="hiddenError",
)
style.wrong(
    "decay_lost",
    (" + NetworkData.weightDecay * outputWeights", ""),
    blame={"outputWeights": Blame("missing-term", at='"outputWeightsGrad": ')},
    nearby=True,
)
style.wrong(
    "decay_sign",
    ("@ hiddenDelta + NetworkData.weightDecay * hiddenWeights", "@ hiddenDelta - NetworkData.weightDecay * hiddenWeights"),
    blame={"hiddenWeights": Blame("wrong-factor", factor="-1")},
)
style.wrong(
    "mean_of_bias",
    ('"outputBiasGrad": np.sum(outputDelta, axis=0)', '"outputBiasGrad": np.mean(outputDelta, axis=0)'),
    blame={"outputBias": Blame("wrong-factor", factor="1/numberOfExamples|1/8|1/m", alternatives=("wrong-operation",))},
)
style.wrong(
    "cost_is_the_mean_over_outputs_too",
    ("/ (2 * numberOfExamples)", "/ (4 * numberOfExamples)"),
    blame={"outputWeights": Blame("wrong-factor", factor="2", at="*")},
    inherited="outputBias hiddenWeights hiddenBias",
    nearby=True,
)
