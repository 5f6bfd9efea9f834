"""The rooms are the packages `systola.hw`, `systola.sim` and `systola.gen`: found, not listed."""

from setuptools import find_packages, setup

setup(packages=[f"systola.{name}" for name in find_packages(include=["hw*", "sim*", "gen*"])])
