"""Users' own reward functions (`use: my_rewards.py:brevity`), called in worker processes with deadlines."""
