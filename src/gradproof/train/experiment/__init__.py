"""The course's experiment: one network without regularisation, with an L2 penalty and with dropout."""
