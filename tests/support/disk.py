"""A DiskRoom whose free bytes a test sets."""

from dataclasses import dataclass


@dataclass
class FakeDisk:
    """A disk of so many free bytes, with a reserve."""

    free: int = 10**9
    reserve: int = 16_000_000
    held: bool = True
    given_up: int = 0

    def free_bytes(self) -> int:
        return self.free

    def holds_reserve(self) -> bool:
        return self.held

    def hold_reserve(self) -> bool:
        if not self.held and self.free >= self.reserve:
            self.free -= self.reserve
            self.held = True
        return self.held

    def give_up_reserve(self) -> bool:
        if not self.held:
            return False
        self.held = False
        self.free += self.reserve
        self.given_up += 1
        return True
