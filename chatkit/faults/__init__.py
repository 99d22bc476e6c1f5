"""Breaking a stream on purpose."""

from chatkit.faults.kinds import Fault
from chatkit.faults.lab import FaultLayer, Faults, add_fault_lab

__all__ = ["Fault", "FaultLayer", "Faults", "add_fault_lab"]
