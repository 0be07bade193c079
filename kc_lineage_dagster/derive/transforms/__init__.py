"""Single message transforms, from configuration to steps that carry topic and fields together."""
