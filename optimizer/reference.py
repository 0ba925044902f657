"""The one doorway to the files in ``data/``: inside the wheel, or in the checkout."""

from models.reference import reference_file

__all__ = ["reference_file"]
