"""The experiments (*.yaml), the models that validate them, their JSON schema."""
