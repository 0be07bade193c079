"""One module per connector family; each has ``FAMILY``, or ``FAMILIES`` where one rule serves several.

A module begins with what is copied from where to where, then says what decides the names of datasets and topics, and
last ``Source:``. Below stand the keys, one pure function (``_reads`` or ``_writes``, and ``_columns`` where fields are
followed), and the family as data (``SourceFamily``, ``SinkFamily``). ``registry`` finds the modules by itself.
"""
