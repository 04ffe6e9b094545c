"""The resident children of a run, and the policies that they hold."""
