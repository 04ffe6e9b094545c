"""The checkpoint stage."""
