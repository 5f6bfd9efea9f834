"""`dotter`: a dot-product accelerator as a separate package."""
