"""The command ``kc-lineage``: what the project does, from a terminal, one file per subcommand."""
