"""The drawer: reports and counting."""
