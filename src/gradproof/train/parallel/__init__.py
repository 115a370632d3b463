"""Data-parallel training with JAX: the devices of one process, or of many on several machines.

``python -m gradproof.train.parallel`` starts a script as one of the processes.
"""

from gradproof.train.parallel.placement import Devices, Placement, is_first, placement, start

__all__ = ["Devices", "Placement", "is_first", "placement", "start"]
