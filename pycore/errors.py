"""The one family of errors that a person may read."""


class OverlayError(Exception):
    """What went wrong: a stable code for machines, a sentence for the person, a hint what to do.

    Any other exception that leaves ``pycore`` is a bug.
    """

    def __init__(self, code: str, sentence: str, hint: str = "") -> None:
        super().__init__(f"{sentence} [{code}]")
        self.code = code
        self.sentence = sentence
        self.hint = hint
