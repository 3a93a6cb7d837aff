# Generated from the Rust source by scripts/stubs; do not edit.
from typing import Final

__all__ = ["__version__"]

__version__: Final[str]
