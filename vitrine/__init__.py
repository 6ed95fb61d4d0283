"""The public's screens, and what probes ask."""
