"""The forms in which people keep connectors in files, one a module, each read to the same thing: ``found.Posted``."""
