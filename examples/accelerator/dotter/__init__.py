"""`dotter`: a dot-product machine, as a package of its own beside Systola."""
