"""Measurement of published claims on generated hardware (`systola papers`)."""
