"""Every type that crosses a process: wire models, ids, problem bodies, ticket code format.

This package imports pydantic and the standard library only, so that each deployable can carry it.
"""
