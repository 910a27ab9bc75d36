"""Bodies are told apart, whatever text is in them."""

from cloud_store.digests import digest_of


def test_half_of_a_surrogate_pair_is_told_apart_as_any_text() -> None:
    half, other = digest_of({"name": "\ud800"}), digest_of({"name": "\ud801"})
    assert half != other
    assert half == digest_of({"name": "\ud800"})
