"""Mutation testing of benches: `make mutants` damages each design in many places, and its bench must notice."""
