"""A run's stored rollouts, judged by another reward: numbers, text and page."""
