"""The two websockets of an ECS agent: ACS, by which it is told, and TCS, by which it measures."""
