"""Measurement of every figure that the documentation states (`make bench`)."""
