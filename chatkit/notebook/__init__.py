"""What a learner looks at in a notebook."""

from chatkit.notebook.drawing import draw_latency, draw_probabilities, draw_ratios
from chatkit.notebook.frames import Arrival, arrivals, frames, record, timeline

__all__ = [
    "Arrival",
    "arrivals",
    "draw_latency",
    "draw_probabilities",
    "draw_ratios",
    "frames",
    "record",
    "timeline",
]
