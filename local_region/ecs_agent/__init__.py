"""A stand-in for the ECS agent of an external instance, that runs its tasks in Docker.

It speaks the agent's own protocol and shares no code with the region, so that either can be swapped
for the real thing. How it behaves is the real one's: github.com/aws/amazon-ecs-agent, v1.105.1.
"""
