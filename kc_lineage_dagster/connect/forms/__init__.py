"""Readers of the forms in which people keep connectors in files: one module a form, each yields ``content.Posted``."""
