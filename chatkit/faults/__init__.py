"""Breaking a stream on purpose."""
