"""What a secret is, and how it is taken out of everything that Connect answers; nothing behind this folder sees one."""
