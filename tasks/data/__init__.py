"""Problems: where they come from, in which order they are drawn, and how the policy sees them."""
