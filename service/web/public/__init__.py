"""Pages for everybody: calls, notices, the register and the proof of a paper."""
