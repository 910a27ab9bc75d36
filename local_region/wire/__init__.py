"""How requests and answers look on the wire: operations, shapes, errors."""
