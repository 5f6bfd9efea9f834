"""Neural networks as graphs of values, and the NumPy reference that defines their results."""
