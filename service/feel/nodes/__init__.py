"""One small function per kind of node, which makes the closure that evaluates it."""
