"""The region's own paths, which AWS has not."""
