"""A trading engine in Rust, driven from Python."""

from barter_python._core import __version__

__all__ = ["__version__"]
