"""Recognize secrets and remove them from everything that Connect answers, before any other package sees an answer."""
