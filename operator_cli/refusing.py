"""What is refused, in words for an operator."""


class RefusedError(Exception):
    """Something can't be done, and nothing was changed; `what_to_do` says the next act.

    `code` is the problem's, where a service refused it.
    """

    def __init__(self, why: str, what_to_do: str = "", *, code: str = "") -> None:
        super().__init__(why)
        self.what_to_do = what_to_do
        self.code = code
