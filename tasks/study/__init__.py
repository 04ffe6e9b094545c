"""The results of a study: cells (one variant, one setting, one seed) and the statistics over them."""
