"""Training what was derived: networks as expressions, engines that run their backprop equations."""
