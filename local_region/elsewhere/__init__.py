"""Services that the region does not serve itself: moto's, or nobody's."""
