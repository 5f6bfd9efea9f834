"""Published claims, measured on generated hardware: `systola papers`."""
