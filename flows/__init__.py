"""The flows and the command line. Prefect is told where to live before any of them imports it."""

from infra import prefect_runtime

prefect_runtime.configure()
