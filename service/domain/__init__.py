"""The ground: pure rules of the field, without input or output, clock or framework."""
