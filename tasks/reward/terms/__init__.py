"""The terms of a reward: what each is given, what it returns, and the built-in ones."""
