"""klal: gather a scattered, divided public into one conversation and see what it holds in common."""

__version__ = "0.1.0"
