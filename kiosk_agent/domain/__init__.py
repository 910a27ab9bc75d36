"""Rules of carts, stock, sales, voids, gates and uploads: pure, no I/O."""
