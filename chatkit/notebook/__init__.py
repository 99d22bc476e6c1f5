"""What a learner looks at in a notebook."""

from chatkit.notebook.frames import Arrival, arrivals, frames, record, timeline

__all__ = ["Arrival", "arrivals", "frames", "record", "timeline"]
