"""Readers of product lists, one module a form."""
