"""What a study finds: cells (one variant, one seed, one setting) and the statistics over them."""
