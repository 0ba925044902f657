"""Kinds of compute load: one file each."""
