"""The API described: OpenAPI from the routes as they are served, and a page to read it."""
