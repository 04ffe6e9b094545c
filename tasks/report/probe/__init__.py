"""The text of a probe: iteration 0 in numbers and samples, what the whole run will cost, and what is wrong."""
