"""The supervisor: root's half of the venue host's service. It shares no state with the agent."""
