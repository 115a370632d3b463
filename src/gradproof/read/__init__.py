"""Readers: from what people have (NumPy code, text) to expressions."""

from gradproof.read.trace import Binding, Origin, Trace
from gradproof.read.tracer import TraceSession, trace_is_faithful

__all__ = ["Binding", "Origin", "Trace", "TraceSession", "trace_is_faithful"]
