"""What a rule costs in every prompt that carries it: an estimate, without a tokenizer.

English text and code come to about four characters a token in the tokenizers in common use; the
figure is a quarter of the characters, rounded up. It serves to compare rules and to keep a budget,
not to bill anybody: a model's own count may differ by a quarter either way.
"""

CHARACTERS_PER_TOKEN = 4


def estimate(text: str) -> int:
    """Tokens of a text, estimated."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
